using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Verification;

/// <summary>Checks that what goes is not in use: memory that is freed, threads that end.</summary>
internal sealed class LifetimeChecks(LabKernel kernel)
{
    /// <summary>Checks that memory that is freed holds nothing that the executive still works with.</summary>
    public void Freed(in PoolBlock block)
    {
        if (block.Owner is null || kernel.Timers.Count + kernel.DeferredCalls.Count + kernel.Threads.Current.Locks.Count == 0)
        {
            return;
        }

        kernel.Verifier.Charge((kernel.Timers.Count + kernel.DeferredCalls.Count) / 16);
        var (start, size) = (block.Address, block.Size);
        foreach (var (timer, (entry, _)) in kernel.Timers.Where(timer => timer.Key - start < size).ToArray())
        {
            kernel.Verifier.Report("freed-in-use", $"0x{start:x} is freed and holds a timer that is set");
            entry.Cancel();
            kernel.Timers.Remove(timer);
        }

        foreach (var dpc in kernel.DeferredCalls.Queued.Where(dpc => dpc - start < size).ToArray())
        {
            kernel.Verifier.Report("freed-in-use", $"0x{start:x} is freed and holds a DPC that is queued");
            kernel.DeferredCalls.Remove(dpc);
        }

        foreach (var held in kernel.Threads.Current.Locks.Where(held => held.Address - start < size).ToArray())
        {
            kernel.Verifier.Report("freed-in-use", $"0x{start:x} is freed and holds a {held.Kind} that {kernel.Drivers.Describe(held.AcquiredAt)} acquired");
            kernel.Threads.Current.Locks.Remove(held);
        }
    }

    /// <summary>Checks that the current thread, which is about to end, holds nothing.</summary>
    public void ThreadEnds()
    {
        var thread = kernel.Threads.Current;
        if (thread.Locks.Count > 0)
        {
            var held = thread.Locks[^1];
            kernel.Verifier.Report("lock-held", $"a thread ends with a {held.Kind} held that {kernel.Drivers.Describe(held.AcquiredAt)} acquired");
            thread.Locks.Clear();
        }

        if (thread.ApcDisabled > 0)
        {
            kernel.Verifier.Report("apc-disabled", "a thread ends inside of a critical region");
        }

        if (thread.Attached.Count > 0)
        {
            kernel.Verifier.Report("attached", "a thread ends attached to another process");
        }
    }
}
