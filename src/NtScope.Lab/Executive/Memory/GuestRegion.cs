using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Pool;
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

    /// <summary>What code of the machine may do with it, or with at least one of its pages.</summary>
    public MemoryAccess Access { get; } = access;

    /// <summary>Who watches what the executive touches of it; null for nobody.</summary>
    public PoolGuard? Guard { get; set; }

    private MemoryAccess[]? _pages;

    /// <summary>Allows less for some of its pages.</summary>
    /// <param name="offset">Where they begin in the region, a multiple of the page size.</param>
    /// <param name="size">Their bytes, a multiple of the page size.</param>
    /// <param name="allowed">What is allowed.</param>
    public void Protect(ulong offset, ulong size, MemoryAccess allowed)
    {
        if (_pages is null)
        {
            _pages = new MemoryAccess[Size / GuestMemory.PageSize];
            Array.Fill(_pages, Access);
        }

        Array.Fill(_pages, allowed, (int)(offset / GuestMemory.PageSize), (int)(size / GuestMemory.PageSize));
    }

    /// <summary>Whether all bytes of a range in it can be accessed so.</summary>
    public bool Allows(ulong address, ulong size, MemoryAccess wanted)
    {
        if (_pages is null)
        {
            return (Access & wanted) == wanted;
        }

        var last = (address + Math.Max(size, 1) - 1 - Start) / GuestMemory.PageSize;
        for (var page = (address - Start) / GuestMemory.PageSize; page <= last; page++)
        {
            if ((_pages[page] & wanted) != wanted)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many bytes from an address in it on can be accessed so.</summary>
    public ulong RoomAt(ulong address, MemoryAccess wanted)
    {
        if (_pages is null)
        {
            return (Access & wanted) == wanted ? End - address : 0;
        }

        var first = (int)((address - Start) / GuestMemory.PageSize);
        var end = first;
        while (end < _pages.Length && (_pages[end] & wanted) == wanted)
        {
            end++;
        }

        return end == first ? 0 : Start + ((ulong)end * GuestMemory.PageSize) - address;
    }

    /// <summary>The host memory behind the first byte.</summary>
    public byte* Host { get; } = (byte*)backing.Host;
}
