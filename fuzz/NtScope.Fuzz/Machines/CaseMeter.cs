using System.Diagnostics;

namespace NtScope.Fuzz.Machines;

/// <summary>Runs cases and keeps what they cost and how they ended: only an <see cref="InputException"/> may leave one.</summary>
internal sealed class CaseMeter
{
    private const long MostAllocated = 512L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>How many cases were tried.</summary>
    public int Cases { get; private set; }

    /// <summary>How many were refused with an <see cref="InputException"/>.</summary>
    public int Refused { get; private set; }

    /// <summary>The longest that a case took.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>The most that a case allocated, in bytes.</summary>
    public long MostBytes { get; private set; }

    /// <summary>What was wrong, a sentence each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Runs a case.</summary>
    /// <param name="name">The case, for the failure.</param>
    /// <param name="work">What it does. It must be able to do it again: on a busy machine a case is slow only if it is slow twice.</param>
    public void Run(string name, Action work)
    {
        Cases++;
        var (elapsed, allocated) = Measure(name, work, isCounted: true);
        if (elapsed > Longest)
        {
            elapsed = Measure(name, work, isCounted: false).Elapsed;
        }

        Slowest = elapsed > Slowest ? elapsed : Slowest;
        MostBytes = Math.Max(MostBytes, allocated);
        if (elapsed > Longest || allocated > MostAllocated)
        {
            Failures.Add($"{name}: took {elapsed.TotalMilliseconds:f0} ms and {allocated >> 20} MB");
        }
    }

    private (TimeSpan Elapsed, long Allocated) Measure(string name, Action work, bool isCounted)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        try
        {
            work();
        }
        catch (InputException)
        {
            Refused += isCounted ? 1 : 0;
        }
        catch (Exception problem) when (isCounted)
        {
            Failures.Add($"{name}: {problem}");
        }

        return (watch.Elapsed, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }
}
