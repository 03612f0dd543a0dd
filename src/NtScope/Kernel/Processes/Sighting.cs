namespace NtScope.Kernel.Processes;

/// <summary>A kernel object and the ways in which it was seen.</summary>
public sealed class Sighting
{
    private static readonly string[] Order = [SightingSources.List, SightingSources.Pool, SightingSources.Handles, SightingSources.Threads];

    private readonly List<string> _seenBy = [];

    internal Sighting(VirtualAddress address) => Address = address;

    /// <summary>Where the object is.</summary>
    public VirtualAddress Address { get; }

    /// <summary>What showed it, in one order: list, pool, handles, threads.</summary>
    public IReadOnlyList<string> SeenBy => _seenBy;

    /// <summary>Whether the kernel's own list shows it.</summary>
    public bool IsListed => _seenBy.Contains(SightingSources.List, StringComparer.Ordinal);

    internal void Add(string source)
    {
        if (!_seenBy.Contains(source, StringComparer.Ordinal))
        {
            _seenBy.Add(source);
            _seenBy.Sort(static (left, right) => Array.IndexOf(Order, left).CompareTo(Array.IndexOf(Order, right)));
        }
    }
}
