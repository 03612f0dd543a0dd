using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Pool;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Timers that the executive allocates (EX_TIMER). Their callbacks run at DISPATCH_LEVEL; threads may wait for them.</summary>
internal sealed class ExtendedTimerApis(LabKernel kernel) : IApiFamily
{
    private const ulong TimerBytes = 0x80;
    private const uint AttributeNotification = 8;
    private readonly Dictionary<ulong, ExtendedTimer> _timers = kernel.ExtendedTimers;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("ExAllocateTimer", Irql.Dispatch, Allocate);
        table.Add("ExSetTimer", Irql.Dispatch, Set);
        table.Add("ExCancelTimer", Irql.Dispatch, (in ApiCall call) => Cancel(call, call[0]) ? 1UL : 0);
        table.Add("ExDeleteTimer", Irql.Dispatch, Delete);
    }

    private ulong Allocate(in ApiCall call)
    {
        var timer = kernel.Pool.AllocateForDriver(TimerBytes, PoolManager.TagOf("ExTm"), PoolKind.NonPaged, call.ReturnAddress);
        if (timer != 0)
        {
            kernel.Memory.Clear(timer, (int)TimerBytes);
            kernel.Dispatcher.InitializeEvent(timer);
            kernel.Memory.WriteByte(timer, (byte)((call.UInt32(2) & AttributeNotification) != 0 ? DispatcherObject.NotificationTimer : DispatcherObject.SynchronizationTimer));
            _timers.Add(timer, new ExtendedTimer(call[0], call[1], null, kernel.Traces.Capture()));
        }

        return timer;
    }

    private ulong Set(in ApiCall call)
    {
        var (timer, due, period) = (call[0], call.Int64(1), call.Int64(2));
        var wasSet = Cancel(call, timer);
        if (!_timers.TryGetValue(timer, out var state))
        {
            return 0;
        }

        kernel.Memory.WriteUInt32(timer + 4, 0);
        _timers[timer] = state with { Entry = kernel.Clock.Add(kernel.Clock.Resolve(due), () => Expire(timer, period)) };
        return wasSet ? 1UL : 0;
    }

    private void Expire(ulong timer, long period)
    {
        if (!_timers.TryGetValue(timer, out var state))
        {
            return;
        }

        _timers[timer] = state with { Entry = period > 0 ? kernel.Clock.Add(kernel.Clock.Now + period, () => Expire(timer, period)) : null };
        kernel.Dispatcher.Signal(timer, 1);
        if (state.Callback != 0)
        {
            kernel.DeferredCalls.Queue(timer, () => kernel.Verifier.CallDriver("a timer routine", state.Callback, timer, state.Context));
        }
    }

    private bool Cancel(in ApiCall call, ulong timer)
    {
        if (!_timers.TryGetValue(timer, out var state))
        {
            kernel.Verifier.Report("bad-object", $"0x{timer:x} is no timer that ExAllocateTimer made, or no longer", call.Entry.Name);
            return false;
        }

        state.Entry?.Cancel();
        _timers[timer] = state with { Entry = null };
        return state.Entry is not null;
    }

    private ulong Delete(in ApiCall call)
    {
        var wasSet = _timers.TryGetValue(call[0], out var state) && state.Entry is not null;
        if (wasSet && !call.Flag(1))
        {
            kernel.Verifier.Report("timer-left", "a timer is deleted while it is set, without being cancelled", call.Entry.Name);
        }

        var cancelled = Cancel(call, call[0]);
        kernel.DeferredCalls.Remove(call[0]);
        if (_timers.Remove(call[0]))
        {
            kernel.Pool.Free(call[0]);
        }

        return cancelled ? 1UL : 0;
    }
}
