using NtScope.Lab.Cpu;

namespace NtScope.Lab.Executive.Memory;

/// <summary>An executive routine was handed an address that cannot be accessed so; the caller gets an access violation.</summary>
internal sealed class GuestFaultException(ulong address, MemoryAccess access)
    : Exception($"0x{address:x} cannot be accessed ({access})")
{
    /// <summary>The first byte that cannot be accessed.</summary>
    public ulong Address { get; } = address;

    /// <summary>What was tried.</summary>
    public MemoryAccess Access { get; } = access;
}
