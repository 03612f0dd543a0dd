using NtScope.Lab.Cpu;

namespace NtScope.Lab.Executive.Memory;

/// <summary>A run of guest addresses over one run of host memory.</summary>
internal sealed unsafe class GuestRegion(string name, ulong start, ulong size, MemoryAccess access, byte* host, void* allocation)
{
    /// <summary>What it is for: <c>stack</c>, a driver's name.</summary>
    public string Name { get; } = name;

    /// <summary>The first address.</summary>
    public ulong Start { get; } = start;

    /// <summary>The bytes, a multiple of the page size.</summary>
    public ulong Size { get; } = size;

    /// <summary>The address behind the last byte.</summary>
    public ulong End => Start + Size;

    /// <summary>What code of the machine may do with it.</summary>
    public MemoryAccess Access { get; } = access;

    /// <summary>The host memory behind the first byte.</summary>
    public byte* Host { get; } = host;

    /// <summary>What to free with the region.</summary>
    public void* Allocation { get; } = allocation;
}
