namespace NtScope.Lab.Machine.Processes;

/// <summary>A thread of the machine.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="Object">Its <c>_ETHREAD</c>.</param>
/// <param name="StackPointer">Where its kernel stack is while it waits.</param>
public sealed record MachineThread(uint Id, VirtualAddress Object, VirtualAddress StackPointer);
