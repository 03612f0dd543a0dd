using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Calls drivers' event routines at the level and with the lock that the object's attributes ask for.</summary>
internal sealed class FrameworkCallbacks(LabKernel kernel)
{
    /// <summary>Whether the current level is too high for routines of an object.</summary>
    public bool MustWait(FrameworkObject item) => item.EffectiveLevel == ExecutionLevel.Passive && kernel.Threads.Current.Irql >= Irql.Dispatch;

    /// <summary>Does something at PASSIVE_LEVEL: now if the level allows, else from a work item.</summary>
    public void AtLevelOf(FrameworkObject item, Action work)
    {
        if (MustWait(item))
        {
            kernel.Workers.Queue(work);
            return;
        }

        work();
    }

    /// <summary>Calls a routine that excludes the other callbacks of an object's scope.</summary>
    public ulong Call(FrameworkObject item, string what, ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        if (OwnerOf(item) is not { } owner)
        {
            return kernel.Verifier.CallDriver(what, routine, arguments);
        }

        Acquire(owner);
        try
        {
            return kernel.Verifier.CallDriver(what, routine, arguments);
        }
        finally
        {
            Release(owner);
        }
    }

    /// <summary>The device or the queue whose callbacks exclude those of an object; null if nothing does.</summary>
    public static FrameworkObject? OwnerOf(FrameworkObject item) => item.EffectiveScope switch
    {
        SynchronizationScope.Device => item.Device,
        SynchronizationScope.Queue => item.Nearest<FrameworkQueue>() ?? (FrameworkObject?)item.Device,
        _ => null,
    };

    /// <summary>Goes in: at DISPATCH_LEVEL, or at the present level where the object's callbacks run at PASSIVE_LEVEL.</summary>
    public void Acquire(FrameworkObject owner)
    {
        var thread = kernel.Threads.Current;
        var item = owner.Lock ??= new CallbackLock();
        while (item.Owner is not null && item.Owner != thread)
        {
            kernel.Dispatcher.Delay(-VirtualClock.TicksPerMillisecond);
        }

        if (item.Depth++ == 0)
        {
            item.Owner = thread;
            item.Previous = thread.Irql;
            if (owner.EffectiveLevel != ExecutionLevel.Passive && thread.Irql < Irql.Dispatch)
            {
                thread.Irql = Irql.Dispatch;
            }
        }
    }

    /// <summary>Goes out.</summary>
    /// <returns>Whether the thread was inside.</returns>
    public bool Release(FrameworkObject owner)
    {
        var thread = kernel.Threads.Current;
        var item = owner.Lock ??= new CallbackLock();
        if (item.Owner != thread)
        {
            return false;
        }

        if (--item.Depth == 0)
        {
            item.Owner = null;
            kernel.Threads.SetIrql(item.Previous);
        }

        return true;
    }
}
