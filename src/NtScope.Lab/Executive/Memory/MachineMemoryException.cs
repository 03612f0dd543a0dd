namespace NtScope.Lab.Executive.Memory;

/// <summary>The machine has used up the memory it was given.</summary>
internal sealed class MachineMemoryException(ulong limit) : Exception($"the machine's memory limit of {limit >> 20} MB is reached");
