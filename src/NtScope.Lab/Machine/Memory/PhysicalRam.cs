using System.IO.MemoryMappedFiles;

namespace NtScope.Lab.Machine.Memory;

/// <summary>
/// The machine's RAM: host memory that costs nothing until it is written, laid out as a PC lays it out, with the hole of the video memory below
/// 1 MiB and that of devices below 4 GiB. The host address of physical address p is always <see cref="Host"/> + p.
/// </summary>
public sealed unsafe class PhysicalRam : IPhysicalMemory, IDisposable
{
    /// <summary>The size of a page, in bytes.</summary>
    public const int PageSize = 0x1000;

    /// <summary>The least RAM that a machine takes, in bytes.</summary>
    public const ulong MinimumSize = 64ul << 20;

    /// <summary>The most RAM that a machine takes, in bytes.</summary>
    public const ulong MaximumSize = 64ul << 30;

    private const ulong ConventionalMemory = 0x9F000;
    private const ulong HighMemory = 0x10_0000;
    private const ulong DeviceHole = 0xC000_0000;
    private const ulong AboveDeviceHole = 0x1_0000_0000;
    private const int PlacementTries = 64;
    private const ulong SmallMachine = 96ul << 20;
    private const ulong ClusterPages = 256;
    private const ulong MostPagesOfCluster = 32;

    // Windows boots in the lowest memory; readers look for its first page tables there. What is placed by chance lies above.
    private const ulong LowestPlaced = 0x110_0000;

    private readonly MemoryMappedFile _backing;
    private readonly MemoryMappedViewAccessor _view;
    private readonly ulong[] _used;
    private readonly Random _random;
    private PhysicalAddress _cluster;
    private ulong _clusterLeft;

    /// <summary>RAM of <paramref name="size"/> bytes, all zero, no page in use.</summary>
    /// <param name="size">Bytes, rounded up to whole MiB, from <see cref="MinimumSize"/> to <see cref="MaximumSize"/>.</param>
    /// <param name="random">Decides where runs of pages are placed.</param>
    public PhysicalRam(ulong size, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, MinimumSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaximumSize);
        size = (size + HighMemory - 1) / HighMemory * HighMemory;
        Size = size;
        Ranges = size <= DeviceHole
            ? [Run(PageSize, ConventionalMemory), Run(HighMemory, size)]
            : [Run(PageSize, ConventionalMemory), Run(HighMemory, DeviceHole), Run(AboveDeviceHole, AboveDeviceHole + size - DeviceHole)];
        _random = random;
        _used = new ulong[(Ranges[^1].End.Value / PageSize + 63) / 64];
        _backing = MemoryMappedFile.CreateNew(mapName: null, (long)Ranges[^1].End.Value);
        _view = _backing.CreateViewAccessor();
        byte* host = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref host);
        Host = host;
    }

    /// <summary>How much RAM the machine has, in bytes; its highest address lies above that by the size of the holes.</summary>
    public ulong Size { get; }

    /// <summary>Where the host holds physical address 0.</summary>
    public byte* Host { get; }

    /// <inheritdoc/>
    public IReadOnlyList<PhysicalRange> Ranges { get; }

    /// <summary>How many pages are in use.</summary>
    public ulong PagesInUse { get; private set; }

    /// <summary>Whether the page at <paramref name="address"/> was ever allocated. All others hold zeros.</summary>
    public bool IsInUse(PhysicalAddress address)
    {
        var page = address.Value / PageSize;
        return page / 64 < (ulong)_used.LongLength && (_used[page / 64] >> (int)(page % 64) & 1) != 0;
    }

    /// <summary>Takes a contiguous run of free pages, at a random place.</summary>
    /// <param name="pages">How many pages.</param>
    /// <param name="alignment">A power of two in bytes, at least a page, that the run starts at.</param>
    /// <param name="below">The run ends at or below this address: 4 GiB for what old hardware must reach.</param>
    /// <exception cref="InvalidOperationException">No such run is free: the machine is too small for what it shall hold.</exception>
    public PhysicalAddress Allocate(ulong pages, ulong alignment = PageSize, ulong below = ulong.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pages);
        var run = pages <= MostPagesOfCluster && alignment == PageSize && below == ulong.MaxValue ? TakeFromCluster(pages) : FindRun(pages, alignment, below);
        return run ?? throw new InvalidOperationException($"the machine's {Size >> 20} MiB of RAM have no {pages} free pages in one run");
    }

    /// <summary>Takes exactly the pages from <paramref name="address"/> on.</summary>
    /// <exception cref="InvalidOperationException">One of them is in use or is not RAM.</exception>
    public void AllocateAt(PhysicalAddress address, ulong pages)
    {
        if (address.Value % PageSize != 0 || !IsRam(address.Value, pages * PageSize) || !TryTake(address.Value, pages))
        {
            throw new InvalidOperationException($"{pages} pages at physical {address} are not free");
        }
    }

    /// <summary>Gives pages back; they hold zeros again.</summary>
    public void Free(PhysicalAddress address, ulong pages)
    {
        for (ulong page = 0; page < pages; page++)
        {
            Span(address + page * PageSize, PageSize).Clear();
        }

        SetUsed(address.Value / PageSize, pages, used: false);
        PagesInUse -= pages;
    }

    /// <summary>The host's view of a run of RAM, to read and to write.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part of it is not RAM.</exception>
    public Span<byte> Span(PhysicalAddress address, int length) => IsRam(address.Value, (ulong)length)
        ? new Span<byte>(Host + address.Value, length)
        : throw new ArgumentOutOfRangeException(nameof(address), address, "not RAM of this machine");

    /// <inheritdoc/>
    public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
    {
        var read = 0;
        foreach (var range in Ranges)
        {
            if (range.Contains(address))
            {
                read = (int)Math.Min((ulong)destination.Length, range.End - address);
                CopyOut(address.Value, destination[..read]);
                break;
            }
        }

        fault = read == destination.Length ? default : new ReadFault(ReadFaultKind.NotCaptured, address.Value + (ulong)read, Entry: address.Value + (ulong)read);
        return read;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _backing.Dispose();
    }

    private static PhysicalRange Run(ulong start, ulong end) => new(new PhysicalAddress(start), end - start);

    private bool IsRam(ulong address, ulong length)
    {
        foreach (var range in Ranges)
        {
            if (address >= range.Start.Value && address < range.End.Value)
            {
                return length <= range.End.Value - address;
            }
        }

        return false;
    }

    // A page that was never allocated is known to be zero; reading it would make the host commit it.
    private void CopyOut(ulong address, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            var length = (int)Math.Min((ulong)(destination.Length - done), PageSize - address % PageSize);
            var part = destination.Slice(done, length);
            if (IsInUse(new PhysicalAddress(address)))
            {
                new ReadOnlySpan<byte>(Host + address, length).CopyTo(part);
            }
            else
            {
                part.Clear();
            }

            done += length;
            address += (ulong)length;
        }
    }

    private PhysicalAddress? FindRun(ulong pages, ulong alignment, ulong below)
    {
        // A small machine has no room to scatter.
        for (var attempt = Size <= SmallMachine ? PlacementTries : 0; attempt < PlacementTries; attempt++)
        {
            var range = Ranges[^(1 + (attempt & 1) % (Ranges.Count - 1))];
            var end = Math.Min(range.End.Value, below);
            var lowest = Math.Max(range.Start.Value, LowestPlaced);
            if (lowest + pages * PageSize <= end)
            {
                var start = lowest + (ulong)_random.NextInt64((long)(end - lowest - pages * PageSize) + 1);
                start = start / alignment * alignment;
                if (start >= lowest && TryTake(start, pages))
                {
                    return new PhysicalAddress(start);
                }
            }
        }

        return FindFirstFit(pages, alignment, below);
    }

    // Short runs lie together, so that a small machine keeps room for long ones.
    private PhysicalAddress? TakeFromCluster(ulong pages)
    {
        if (_clusterLeft < pages)
        {
            if (FindRun(ClusterPages, ClusterPages * PageSize, ulong.MaxValue) is not { } cluster)
            {
                return FindRun(pages, PageSize, ulong.MaxValue);
            }

            _cluster = cluster;
            _clusterLeft = ClusterPages;
            PagesInUse -= ClusterPages;
            SetUsed(_cluster.Value / PageSize, ClusterPages, used: false);
        }

        var taken = _cluster + (ClusterPages - _clusterLeft) * PageSize;
        SetUsed(taken.Value / PageSize, pages, used: true);
        PagesInUse += pages;
        _clusterLeft -= pages;
        return taken;
    }

    private PhysicalAddress? FindFirstFit(ulong pages, ulong alignment, ulong below)
    {
        for (var index = Ranges.Count - 1; index >= 0; index--)
        {
            var end = Math.Min(Ranges[index].End.Value, below);
            for (var start = (Math.Max(Ranges[index].Start.Value, LowestPlaced) + alignment - 1) / alignment * alignment; start + pages * PageSize <= end; start += alignment)
            {
                if (TryTake(start, pages))
                {
                    return new PhysicalAddress(start);
                }
            }
        }

        return null;
    }

    private bool TryTake(ulong start, ulong pages)
    {
        var first = start / PageSize;
        for (var page = first; page < first + pages; page++)
        {
            if ((_used[page / 64] >> (int)(page % 64) & 1) != 0 || IsInCluster(page))
            {
                return false;
            }
        }

        SetUsed(first, pages, used: true);
        PagesInUse += pages;
        return true;
    }

    private bool IsInCluster(ulong page) => _clusterLeft > 0 && page * PageSize >= _cluster.Value && page * PageSize < (_cluster + ClusterPages * PageSize).Value;

    private void SetUsed(ulong first, ulong pages, bool used)
    {
        for (var page = first; page < first + pages; page++)
        {
            var bit = 1ul << (int)(page % 64);
            _used[page / 64] = used ? _used[page / 64] | bit : _used[page / 64] & ~bit;
        }
    }
}
