using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Io;

/// <summary>User memory for buffers of requests. The same bytes are also seen at system addresses, as locked pages are.</summary>
internal sealed class UserArena
{
    /// <summary>The first user address.</summary>
    public const ulong Start = 0x1_0000_0000;

    private const ulong SystemStart = 0xFFFF_D000_0000_0000;
    private const ulong Bytes = 4UL << 20;
    private const ulong LargeBytes = 1UL << 20;
    private readonly GuestMemory _memory;
    private readonly SortedDictionary<ulong, Stack<ulong>> _free = [];
    private readonly Dictionary<ulong, GuestRegion> _large = [];
    private GuestRegion? _region;
    private ulong _next = Start;
    private ulong _nextLarge = Start + (1UL << 40);

    /// <summary>An arena that is mapped when it is first used.</summary>
    public UserArena(GuestMemory memory) => _memory = memory;

    /// <summary>Takes a zeroed buffer.</summary>
    public ulong Allocate(int size)
    {
        var bytes = Round(size);
        if (bytes > LargeBytes)
        {
            return AllocateLarge(bytes);
        }

        if (_region is null)
        {
            _region = _memory.Map("user buffers", Start, Bytes, MemoryAccess.ReadWrite);
            _memory.MapAlias("locked user buffers", SystemStart, _region);
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
        _memory.Find(address) is { Name: "user buffers" } ? address - Start + SystemStart : 0;

    private static ulong Round(int size) => ((ulong)Math.Max(size, 1) + 63) & ~63UL;

    private ulong AllocateLarge(ulong bytes)
    {
        bytes = (bytes + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1);
        var address = _nextLarge;
        _nextLarge += (bytes + (2UL << 20)) & ~((1UL << 20) - 1);
        var region = _memory.Map("user buffers", address, bytes, MemoryAccess.ReadWrite);
        _memory.MapAlias("locked user buffers", address - Start + SystemStart, region);
        _large.Add(address, region);
        return address;
    }
}
