using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Timers.</summary>
internal sealed class FrameworkTimerApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfTimerCreate", Irql.Dispatch, Create);
        table.Add("WdfTimerStart", Irql.Dispatch, (in ApiCall call) =>
        {
            var timer = Objects.Get<FrameworkTimer>(call, 1);
            var wasSet = Stop(timer);
            Arm(timer, kernel.Clock.Resolve(call.Int64(2)));
            return wasSet ? 1UL : 0;
        });
        table.Add("WdfTimerStop", Irql.Dispatch, StopTimer);
        table.Add("WdfTimerGetParentObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkTimer>(call, 1).Parent!.Handle);
    }

    private NtStatus Create(in ApiCall call)
    {
        var (memory, config) = (kernel.Memory, call[1]);
        if (memory.ReadUInt32(config) < FrameworkLayout.TimerConfigBytes)
        {
            return NtStatus.InfoLengthMismatch;
        }

        // The attributes must name the parent.
        var status = Objects.Begin(call, 2, null, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var isSerialized = memory.ReadByte(config + FrameworkLayout.TimerConfigSerialization) != 0;
        var isPassive = setup.Attributes.Level == ExecutionLevel.Passive;
        if (isSerialized && !isPassive && setup.Parent.EffectiveLevel == ExecutionLevel.Passive && FrameworkCallbacks.OwnerOf(setup.Parent) is not null)
        {
            return NtStatus.WdfIncompatibleExecutionLevel;
        }

        var timer = new FrameworkTimer(
            kernel.Framework.ClientOf(call), memory.ReadUInt64(config + FrameworkLayout.TimerConfigRoutine), memory.ReadUInt32(config + FrameworkLayout.TimerConfigPeriod), isSerialized);
        timer.Disposing = () => Stop(timer);
        status = Objects.Add(timer, setup.Attributes with { Level = isPassive ? ExecutionLevel.Passive : ExecutionLevel.Dispatch }, setup.Parent);
        memory.WriteUInt64(call[3], timer.Handle);
        return status;
    }

    private ulong StopTimer(in ApiCall call)
    {
        var timer = Objects.Get<FrameworkTimer>(call, 1);
        if (call.Flag(2) && kernel.Threads.Current.Irql > Irql.Passive)
        {
            kernel.Verifier.Report("irql", $"WdfTimerStop is to wait at IRQL {(int)kernel.Threads.Current.Irql}; it may at 0", call.Entry.Name);
        }

        return Stop(timer) ? 1UL : 0;
    }

    private bool Stop(FrameworkTimer timer)
    {
        var wasSet = timer.Entry is not null;
        timer.Entry?.Cancel();
        timer.Entry = null;
        return kernel.DeferredCalls.Remove(timer.Handle) || wasSet;
    }

    private void Arm(FrameworkTimer timer, long due) => timer.Entry = kernel.Clock.Add(due, () =>
    {
        timer.Entry = null;
        if (timer.Period > 0)
        {
            Arm(timer, due + (timer.Period * VirtualClock.TicksPerMillisecond));
        }

        if (timer.Level == ExecutionLevel.Passive)
        {
            kernel.Workers.Queue(() => Fire(timer));
        }
        else
        {
            kernel.DeferredCalls.Queue(timer.Handle, () => Fire(timer));
        }
    });

    private void Fire(FrameworkTimer timer)
    {
        if (timer.IsDeleted || timer.Routine == 0)
        {
            return;
        }

        if (timer.IsSerialized)
        {
            kernel.Framework.Callbacks.Call(timer.Parent!, "EvtTimerFunc", timer.Routine, timer.Handle);
        }
        else
        {
            kernel.Verifier.CallDriver("EvtTimerFunc", timer.Routine, timer.Handle);
        }
    }
}
