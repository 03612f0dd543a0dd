using NtScope.Lab.Executive.Exceptions;

namespace NtScope.Lab.Executive.Verification;

/// <summary>
/// The stacks from which drivers called the executive, each kept once. A stack that was seen before is told by the return addresses that stand where the
/// last walk found them, so that a call costs a walk only the first time.
/// </summary>
internal sealed class StackTraceDatabase(LabKernel kernel)
{
    private const int StacksOfPlace = 16;
    private readonly Dictionary<ulong, List<Entry>> _places = [];
    private int _count;

    /// <summary>The stack of the call that is being served; null if no driver has called.</summary>
    public StackTrace? Capture()
    {
        if (kernel.Threads?.Current is not { Trap: { Caller: { } routine } trap } thread)
        {
            return null;
        }

        if (_places.TryGetValue(trap.CallerRip, out var entries))
        {
            foreach (var entry in entries)
            {
                if (entry.Depth == thread.Invocations.Count && entry.Trace.Routine == routine.Name && Stands(entry.Links, trap.CallerRsp, thread.StackBase))
                {
                    return entry.Trace;
                }
            }
        }
        else if (_count < LabLimits.StackTraces)
        {
            _places.Add(trap.CallerRip, entries = []);
        }

        var driver = kernel.Drivers.At(trap.CallerRip);
        if (entries is null || entries.Count >= StacksOfPlace || _count >= LabLimits.StackTraces)
        {
            return new StackTrace(driver, routine.Name, trap.CallerRip, [kernel.Traps.AddressOf(routine), trap.CallerRip]);
        }

        var frames = kernel.Stack.Frames(0);
        var trace = new StackTrace(driver, routine.Name, trap.CallerRip, [.. frames.Where(frame => !frame.IsReturn && frame.Problem is null).Select(frame => frame.Rip)]);
        entries.Add(new Entry(trace, thread.Invocations.Count, [.. LinksOf(frames, trap.CallerRsp)]));
        _count++;
        return trace;
    }

    /// <summary>The frames as text, while their driver is loaded.</summary>
    public IReadOnlyList<string> Describe(StackTrace? trace) => trace is null ? [] : [.. trace.Frames.Select(kernel.Drivers.Describe)];

    /// <summary>Forgets all stacks: addresses may soon mean something else.</summary>
    public void Clear()
    {
        _places.Clear();
        _count = 0;
    }

    // Below each frame stands the address that it goes on at.
    private static IEnumerable<(ulong Distance, ulong Rip)> LinksOf(IReadOnlyList<StackFrame> frames, ulong start) =>
        frames.Skip(1).Where(frame => frame.Problem is null && frame.Rsp > start).Select(frame => (frame.Rsp - sizeof(ulong) - start, frame.Rip));

    private bool Stands((ulong Distance, ulong Rip)[] links, ulong start, ulong end)
    {
        foreach (var (distance, rip) in links)
        {
            if (end - start < distance + sizeof(ulong) || kernel.Memory.ReadUInt64(start + distance) != rip)
            {
                return false;
            }
        }

        return true;
    }

    private readonly record struct Entry(StackTrace Trace, int Depth, (ulong Distance, ulong Rip)[] Links);
}
