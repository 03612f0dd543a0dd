using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Threads;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Timers, DPCs and time.</summary>
internal sealed class TimerApis(LabKernel kernel) : IApiFamily
{
    private const ulong TimerBytes = 0x40;
    private const ulong TimerDueTime = 0x18;
    private const ulong TimerDpc = 0x30;
    private const ulong TimerPeriod = 0x3C;
    private const ulong DpcBytes = 0x40;
    private const ulong DpcRoutine = 0x18;
    private const ulong DpcContext = 0x20;
    private const ulong DpcData = 0x38;
    private const uint TimeIncrement = 156_250;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("KeInitializeTimer", Irql.High, (in ApiCall call) => InitializeTimer(call[0], DispatcherObject.NotificationTimer));
        table.Void("KeInitializeTimerEx", Irql.High, (in ApiCall call) =>
            InitializeTimer(call[0], call.UInt32(1) == 0 ? DispatcherObject.NotificationTimer : DispatcherObject.SynchronizationTimer));
        table.Add("KeSetTimer", Irql.Dispatch, (in ApiCall call) => SetTimer(call, call[0], call.Int64(1), 0, call[2]));
        table.Add("KeSetTimerEx", Irql.Dispatch, (in ApiCall call) => SetTimer(call, call[0], call.Int64(1), call.Int32(2), call[3]));
        table.Add("KeSetCoalescableTimer", Irql.Dispatch, (in ApiCall call) => SetTimer(call, call[0], call.Int64(1), call.Int32(2), call[4]));
        table.Add("KeCancelTimer", Irql.Dispatch, (in ApiCall call) => CancelTimer(call[0]));
        table.Void("KeInitializeDpc", Irql.High, InitializeDpc);
        table.Alias("KeInitializeDpc", "KeInitializeThreadedDpc");
        table.Add("KeInsertQueueDpc", Irql.High, InsertDpc);
        table.Add("KeRemoveQueueDpc", Irql.High, RemoveDpc);
        table.Void("KeSetTargetProcessorDpc", Irql.High, (in ApiCall _) => { });
        table.Void("KeSetImportanceDpc", Irql.High, (in ApiCall _) => { });
        table.Void("KeFlushQueuedDpcs", Irql.Passive, (in ApiCall _) => kernel.Threads.SetIrql(kernel.Threads.Current.Irql));
        table.Void("KeQuerySystemTimePrecise", Irql.High, (in ApiCall call) => kernel.Memory.WriteUInt64(call[0], (ulong)kernel.Clock.Now));
        table.Alias("KeQuerySystemTimePrecise", "KeQuerySystemTime");
        table.Add("KeQueryPerformanceCounter", Irql.High, QueryPerformanceCounter);
        table.Add("KeQueryInterruptTime", Irql.High, (in ApiCall _) => (ulong)kernel.Clock.SinceStart);
        table.Alias("KeQueryInterruptTime", "KeQueryUnbiasedInterruptTime");
        table.Add("KeQueryInterruptTimePrecise", Irql.High, (in ApiCall call) =>
        {
            kernel.Memory.WriteUInt64(call[0], (ulong)kernel.Clock.SinceStart);
            return (ulong)kernel.Clock.SinceStart;
        });
        table.Add("KeQueryTimeIncrement", Irql.High, (in ApiCall _) => TimeIncrement);
        table.Void("KeQueryTickCount", Irql.High, (in ApiCall call) => kernel.Memory.WriteUInt64(call[0], (ulong)(kernel.Clock.SinceStart / TimeIncrement)));
        table.Void("ExSystemTimeToLocalTime", Irql.High, (in ApiCall call) => kernel.Memory.WriteUInt64(call[1], kernel.Memory.ReadUInt64(call[0])));
        table.Void("ExLocalTimeToSystemTime", Irql.High, (in ApiCall call) => kernel.Memory.WriteUInt64(call[1], kernel.Memory.ReadUInt64(call[0])));
        table.Void("RtlTimeToTimeFields", Irql.High, TimeToFields);
    }

    private void InitializeTimer(ulong timer, DispatcherObject type)
    {
        kernel.Memory.Clear(timer, (int)TimerBytes);
        kernel.Dispatcher.InitializeEvent(timer);
        kernel.Memory.WriteByte(timer, (byte)type);
    }

    private ulong SetTimer(in ApiCall call, ulong timer, long due, int period, ulong dpc)
    {
        var wasSet = CancelTimer(timer);
        kernel.Memory.WriteUInt32(timer + 4, 0);
        kernel.Memory.WriteUInt64(timer + TimerDpc, dpc);
        kernel.Memory.WriteUInt32(timer + TimerPeriod, (uint)period);
        Arm(timer, kernel.Clock.Resolve(due), kernel.Traces.Capture());
        return wasSet;
    }

    private void Arm(ulong timer, long due, StackTrace? origin)
    {
        kernel.Memory.WriteUInt64(timer + TimerDueTime, (ulong)due);
        kernel.Timers[timer] = (kernel.Clock.Add(due, () => Expire(timer, due, origin)), origin);
    }

    private void Expire(ulong timer, long due, StackTrace? origin)
    {
        kernel.Timers.Remove(timer);
        var period = kernel.Memory.ReadInt32(timer + TimerPeriod);
        if (period > 0)
        {
            // From now on: what lies in the past, as a due time of 0 does, has expired once and not once for each period since.
            Arm(timer, Math.Max(due, kernel.Clock.Now) + (period * VirtualClock.TicksPerMillisecond), origin);
        }

        kernel.Dispatcher.Signal(timer, 1);
        if (kernel.Memory.ReadUInt64(timer + TimerDpc) is var dpc && dpc != 0 && kernel.Memory.ReadUInt64(dpc + DpcData) == 0)
        {
            kernel.Memory.WriteUInt64(dpc + DpcData, 1);
            kernel.DeferredCalls.Queue(dpc, (ulong)kernel.Clock.Now & 0xFFFF_FFFF, (ulong)kernel.Clock.Now >> 32);
        }
    }

    private ulong CancelTimer(ulong timer)
    {
        if (!kernel.Timers.Remove(timer, out var set))
        {
            return 0;
        }

        set.Entry.Cancel();
        return 1;
    }

    private void InitializeDpc(in ApiCall call)
    {
        kernel.Memory.Clear(call[0], (int)DpcBytes);
        kernel.Memory.WriteByte(call[0], 0x13);
        kernel.Memory.WriteByte(call[0] + 1, 1);
        kernel.Memory.WriteUInt64(call[0] + DpcRoutine, call[1]);
        kernel.Memory.WriteUInt64(call[0] + DpcContext, call[2]);
    }

    private ulong InsertDpc(in ApiCall call)
    {
        if (kernel.Memory.ReadUInt64(call[0] + DpcData) != 0)
        {
            return 0;
        }

        kernel.Memory.WriteUInt64(call[0] + DpcData, 1);
        kernel.DeferredCalls.Queue(call[0], call[1], call[2]);
        return 1;
    }

    private ulong RemoveDpc(in ApiCall call)
    {
        if (!kernel.DeferredCalls.Remove(call[0]))
        {
            return 0;
        }

        kernel.Memory.WriteUInt64(call[0] + DpcData, 0);
        return 1;
    }

    private ulong QueryPerformanceCounter(in ApiCall call)
    {
        if (call[0] != 0)
        {
            kernel.Memory.WriteUInt64(call[0], 10_000_000);
        }

        return (ulong)kernel.Clock.SinceStart;
    }

    private void TimeToFields(in ApiCall call)
    {
        var time = DateTime.FromFileTimeUtc(Math.Clamp(kernel.Memory.ReadInt64(call[0]), 0, DateTime.MaxValue.ToFileTimeUtc() - 1));
        ReadOnlySpan<int> fields = [time.Year, time.Month, time.Day, time.Hour, time.Minute, time.Second, time.Millisecond, (int)time.DayOfWeek];
        for (var i = 0; i < fields.Length; i++)
        {
            kernel.Memory.WriteUInt16(call[1] + ((ulong)i * 2), (ushort)fields[i]);
        }
    }
}
