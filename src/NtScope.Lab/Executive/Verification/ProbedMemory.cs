namespace NtScope.Lab.Executive.Verification;

/// <summary>User memory that was probed: ranges that neither touch nor overlap, ascending.</summary>
internal sealed class ProbedMemory
{
    private readonly List<(ulong Start, ulong End)> _ranges = [];

    /// <summary>How many ranges there are.</summary>
    public int Count => _ranges.Count;

    /// <summary>Forgets all.</summary>
    public void Clear() => _ranges.Clear();

    /// <summary>Adds a range.</summary>
    public void Add(ulong start, ulong end)
    {
        // Those from the first that ends at or behind the start to the last that begins at or in front of the end become one.
        var first = IndexOf(start);
        var last = first;
        for (; last < _ranges.Count && _ranges[last].Start <= end; last++)
        {
            (start, end) = (Math.Min(start, _ranges[last].Start), Math.Max(end, _ranges[last].End));
        }

        if (last == first)
        {
            _ranges.Insert(first, (start, end));
            return;
        }

        _ranges[first] = (start, end);
        _ranges.RemoveRange(first + 1, last - first - 1);
    }

    /// <summary>Whether all of a range was probed.</summary>
    public bool Covers(ulong start, ulong end) => IndexOf(end) is var index && index < _ranges.Count && _ranges[index].Start <= start;

    // The first range that ends at or behind an address.
    private int IndexOf(ulong address)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _ranges[middle].End < address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
