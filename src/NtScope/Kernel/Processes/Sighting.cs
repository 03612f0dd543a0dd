namespace NtScope.Kernel.Processes;

/// <summary>A kernel object and the ways in which it was seen.</summary>
public sealed class Sighting
{
    private static readonly string[] Order =
    [
        SightingSources.List, SightingSources.Namespace, SightingSources.Pool, SightingSources.Handles, SightingSources.Threads,
        SightingSources.Devices, SightingSources.Drivers, SightingSources.Headers,
    ];

    private readonly List<string> _seenBy = [];

    internal Sighting(VirtualAddress address) => Address = address;

    /// <summary>Where the object is.</summary>
    public VirtualAddress Address { get; }

    /// <summary>What showed it (<see cref="SightingSources"/>), in one order.</summary>
    public IReadOnlyList<string> SeenBy => _seenBy;

    /// <summary>Whether the kernel's own list shows it, or the namespace of a named object.</summary>
    public bool IsListed => _seenBy.Contains(SightingSources.List, StringComparer.Ordinal) || _seenBy.Contains(SightingSources.Namespace, StringComparer.Ordinal);

    internal void Add(string source)
    {
        if (!_seenBy.Contains(source, StringComparer.Ordinal))
        {
            _seenBy.Add(source);
            _seenBy.Sort(static (left, right) => Array.IndexOf(Order, left).CompareTo(Array.IndexOf(Order, right)));
        }
    }
}
