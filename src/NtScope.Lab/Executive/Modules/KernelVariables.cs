using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Cpu;

namespace NtScope.Lab.Executive.Modules;

/// <summary>The kernel's exported variables: a driver's import slot holds the variable's address.</summary>
internal sealed class KernelVariables
{
    private const ulong Start = KernelImage.Base + 0x200000;
    private readonly GuestMemory _memory;
    private readonly Dictionary<string, ulong> _variables = new(StringComparer.Ordinal);
    private ulong _next = Start;

    /// <summary>Maps room for the variables.</summary>
    public KernelVariables(GuestMemory memory)
    {
        _memory = memory;
        memory.Map("nt data", Start, 0x10000, MemoryAccess.ReadWrite);
    }

    /// <summary>Adds a variable of 8 bytes.</summary>
    /// <returns>Its address.</returns>
    public ulong Add(string name, ulong value)
    {
        var address = Reserve(name, 8);
        _memory.WriteUInt64(address, value);
        return address;
    }

    /// <summary>Adds a zeroed variable of any size.</summary>
    public ulong Reserve(string name, int bytes)
    {
        var address = _next;
        _next += (ulong)((bytes + 15) & ~15);
        _variables.Add(name, address);
        return address;
    }

    /// <summary>The address of a variable.</summary>
    public bool TryGet(string name, out ulong address) => _variables.TryGetValue(name, out address);
}
