using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Io;

/// <summary>User memory for buffers of requests. The same bytes are also seen at system addresses, as locked pages are.</summary>
internal sealed class UserArena
{
    /// <summary>The first user address.</summary>
    public const ulong Start = 0x1_0000_0000;

    private const ulong BehindStacks = 0x40_0000_0000;
    private const ulong LargeStart = Start + (1UL << 32);
    private const ulong LargeEnd = LargeStart + (1UL << 37);
    private const ulong Bytes = 4UL << 20;
    private const ulong LargeBytes = 1UL << 20;
    private readonly GuestMemory _memory;
    private readonly SortedDictionary<ulong, Stack<ulong>> _free = [];
    private readonly Dictionary<ulong, GuestRegion> _large = [];
    private readonly Dictionary<ulong, (ulong End, ulong Process)> _owners = [];
    private GuestRegion? _region;
    private ulong _next = Start;
    private readonly ulong _systemStart;
    private readonly AddressWindow _largeBuffers;

    /// <summary>An arena that is mapped when it is first used.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="stacks">Where the kernel's half has its stacks; system addresses of buffers lie behind them.</param>
    public UserArena(GuestMemory memory, VirtualAddress stacks) => 
        (_memory, _systemStart, _largeBuffers) = (memory, stacks.Value + BehindStacks, new AddressWindow(memory, LargeStart, LargeEnd));

    /// <summary>Takes a zeroed buffer for a process.</summary>
    /// <param name="size">Its bytes.</param>
    /// <param name="process">The EPROCESS in whose address space it lies.</param>
    public ulong Allocate(int size, ulong process)
    {
        var address = Take(size);
        _owners[address] = (address + (ulong)size, process);
        return address;
    }

    /// <summary>The process in whose address space an address lies; 0 if no buffer is there.</summary>
    public ulong OwnerOf(ulong address)
    {
        foreach (var (start, (end, process)) in _owners)
        {
            if (address >= start && address < end)
            {
                return process;
            }
        }

        return 0;
    }

    /// <summary>Whether an address belongs to a process, or to the system.</summary>
    public bool IsOf(ulong address, ulong process) => OwnerOf(address) is var owner && (owner == 0 || owner == process);

    private ulong Take(int size)
    {
        var bytes = Round(size);
        if (bytes > LargeBytes)
        {
            return AllocateLarge(bytes);
        }

        if (_region is null)
        {
            _region = _memory.Map("user buffers", Start, Bytes, MemoryAccess.ReadWrite);
            _memory.MapAlias("locked user buffers", _systemStart, _region);
        }

        if (_free.TryGetValue(bytes, out var stack) && stack.TryPop(out var reused))
        {
            _memory.Clear(reused, (int)bytes);
            return reused;
        }

        if (_next + bytes > Start + Bytes)
        {
            return AllocateLarge((bytes + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1));
        }

        var address = _next;
        _next += bytes;
        return address;
    }

    /// <summary>Gives a buffer back.</summary>
    public void Free(ulong address, int size)
    {
        _owners.Remove(address);
        if (_large.Remove(address, out var region))
        {
            _memory.UnmapAlias(SystemAddress(address));
            _memory.Unmap(region);
            return;
        }

        var bytes = Round(size);
        if (!_free.TryGetValue(bytes, out var stack))
        {
            _free.Add(bytes, stack = new Stack<ulong>());
        }

        stack.Push(address);
    }

    /// <summary>The system address of the same bytes; 0 if the address is not in the arena.</summary>
    public ulong SystemAddress(ulong address) =>
        _memory.Find(address) is { Name: "user buffers" } ? address - Start + _systemStart : 0;

    private static ulong Round(int size) => ((ulong)Math.Max(size, 1) + 63) & ~63UL;

    private ulong AllocateLarge(ulong bytes)
    {
        bytes = (bytes + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1);
        var address = _largeBuffers.Find(bytes) ?? throw _memory.Exhausted();
        var region = _memory.Map("user buffers", address, bytes, MemoryAccess.ReadWrite);
        _memory.MapAlias("locked user buffers", address - Start + _systemStart, region);
        _large.Add(address, region);
        return address;
    }
}
