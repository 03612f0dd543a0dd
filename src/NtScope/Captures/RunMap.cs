using System.Collections;

namespace NtScope.Captures;

/// <summary>Physical address to place in the medium: runs, ascending and disjoint, found by binary search.</summary>
internal sealed class RunMap : IReadOnlyList<PhysicalRange>
{
    private readonly FileRun[] _runs;
    private int _last;

    private RunMap(FileRun[] runs, ulong missing, ulong repeated)
    {
        _runs = runs;
        Missing = missing;
        Repeated = repeated;
        Length = runs.Aggregate(0UL, (sum, run) => sum + run.Length);
    }

    /// <summary>Bytes of all runs together, which are never more than the medium has.</summary>
    public ulong Length { get; }

    /// <summary>Bytes that the headers promise and the medium does not hold.</summary>
    public ulong Missing { get; }

    /// <summary>Bytes that were left out because more are claimed than the medium has: some would stand at several addresses.</summary>
    public ulong Repeated { get; }

    public int Count => _runs.Length;

    /// <summary>The first address above all runs; 0 if there are none.</summary>
    public ulong End => _runs.Length == 0 ? 0 : _runs[^1].End;

    public PhysicalRange this[int index] => new(new PhysicalAddress(_runs[index].Start), _runs[index].Length);

    /// <summary>
    /// Sorts and joins runs, cuts what overlaps (the run that starts lower wins) and what lies behind the end of the medium.
    /// All runs together get as many bytes as the medium has, so that a small file cannot claim an endless memory.
    /// </summary>
    public static RunMap Of(IEnumerable<FileRun> runs, long mediumLength)
    {
        var sorted = runs.Where(run => run.Length != 0).ToArray();
        if (!IsAscending(sorted))
        {
            Array.Sort(sorted, static (left, right) => left.Start.CompareTo(right.Start));
        }

        var kept = 0;
        ulong missing = 0, repeated = 0, left = (ulong)mediumLength;
        foreach (var next in sorted)
        {
            var run = Clip(next, mediumLength, ref missing);
            if (kept > 0 && run.Start < sorted[kept - 1].End)
            {
                var cut = Math.Min(sorted[kept - 1].End - run.Start, run.Length);
                run = new FileRun(run.Start + cut, run.Length - cut, run.Offset + (long)cut);
            }

            if (run.Length > left)
            {
                repeated = Math.Max(repeated, unchecked(repeated + run.Length - left));
                run = run with { Length = left };
            }

            if (run.Length == 0)
            {
                continue;
            }

            left -= run.Length;

            if (kept > 0 && sorted[kept - 1] is var previous && previous.End == run.Start && previous.Offset + (long)previous.Length == run.Offset)
            {
                sorted[kept - 1] = previous with { Length = previous.Length + run.Length };
            }
            else
            {
                sorted[kept++] = run;
            }
        }

        Array.Resize(ref sorted, kept);
        return new RunMap(sorted, missing, repeated);
    }

    /// <summary>Finds the run that holds <paramref name="address"/>.</summary>
    public bool TryFind(ulong address, out FileRun run)
    {
        var runs = _runs;
        var guess = _last;
        if (guess < runs.Length && address - runs[guess].Start < runs[guess].Length)
        {
            run = runs[guess];
            return true;
        }

        int low = 0, high = runs.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (address < runs[middle].Start)
            {
                high = middle - 1;
            }
            else if (address - runs[middle].Start >= runs[middle].Length)
            {
                low = middle + 1;
            }
            else
            {
                _last = middle;
                run = runs[middle];
                return true;
            }
        }

        run = default;
        return false;
    }

    public IEnumerator<PhysicalRange> GetEnumerator()
    {
        for (var i = 0; i < _runs.Length; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static FileRun Clip(FileRun run, long mediumLength, ref ulong missing)
    {
        var length = Math.Min(run.Length, ulong.MaxValue - run.Start);
        var available = run.Offset < 0 || run.Offset >= mediumLength ? 0UL : (ulong)(mediumLength - run.Offset);
        if (length > available)
        {
            missing = missing + length - available < missing ? ulong.MaxValue : missing + length - available;
            length = available;
        }

        return run with { Length = length };
    }

    private static bool IsAscending(FileRun[] runs)
    {
        for (var i = 1; i < runs.Length; i++)
        {
            if (runs[i].Start < runs[i - 1].Start)
            {
                return false;
            }
        }

        return true;
    }
}
