using NtScope.Lab.Cpu;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Executive.Memory;

/// <summary>A run of guest addresses over one run of the machine's RAM.</summary>
internal sealed unsafe class GuestRegion(string name, MemoryRegion backing, MemoryAccess access)
{
    /// <summary>What it is for: <c>stack</c>, a driver's name.</summary>
    public string Name { get; } = name;

    /// <summary>What the page tables map.</summary>
    public MemoryRegion Backing { get; } = backing;

    /// <summary>The first address.</summary>
    public ulong Start { get; } = backing.Start.Value;

    /// <summary>The bytes, a multiple of the page size.</summary>
    public ulong Size { get; } = backing.Length;

    /// <summary>The address behind the last byte.</summary>
    public ulong End => Start + Size;

    /// <summary>What code of the machine may do with it.</summary>
    public MemoryAccess Access { get; } = access;

    /// <summary>The host memory behind the first byte.</summary>
    public byte* Host { get; } = (byte*)backing.Host;
}
