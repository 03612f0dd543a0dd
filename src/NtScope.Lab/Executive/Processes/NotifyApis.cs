using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Ps routines that register notifications.</summary>
internal sealed class NotifyApis(LabKernel kernel) : IApiFamily
{
    private NotifyRoutines Routines => kernel.Processes.Notify;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("PsSetCreateProcessNotifyRoutine", Irql.Passive, (in ApiCall call) => Set(call, NotifyKind.Process, call[0], call.Flag(1)));
        table.Status("PsSetCreateProcessNotifyRoutineEx", Irql.Passive, (in ApiCall call) => Set(call, NotifyKind.ProcessEx, call[0], call.Flag(1)));
        table.Status("PsSetCreateProcessNotifyRoutineEx2", Irql.Passive, (in ApiCall call) =>
            call.UInt32(0) == 0 ? Set(call, NotifyKind.ProcessEx, call[1], call.Flag(2)) : NtStatus.InvalidParameter);
        table.Status("PsSetCreateThreadNotifyRoutine", Irql.Passive, (in ApiCall call) => Routines.Add(NotifyKind.Thread, call[0], call.ReturnAddress));
        table.Status("PsSetCreateThreadNotifyRoutineEx", Irql.Passive, AddThreadRoutine);
        table.Status("PsRemoveCreateThreadNotifyRoutine", Irql.Passive, (in ApiCall call) =>
            Routines.Remove(NotifyKind.Thread, call[0]) is var status && status == NtStatus.Success ? status : Routines.Remove(NotifyKind.NonSystemThread, call[0]));
        table.Status("PsSetLoadImageNotifyRoutine", Irql.Passive, (in ApiCall call) => Routines.Add(NotifyKind.Image, call[0], call.ReturnAddress));
        table.Status("PsSetLoadImageNotifyRoutineEx", Irql.Passive, (in ApiCall call) => Routines.Add(NotifyKind.Image, call[0], call.ReturnAddress));
        table.Status("PsRemoveLoadImageNotifyRoutine", Irql.Passive, (in ApiCall call) => Routines.Remove(NotifyKind.Image, call[0]));
    }

    private NtStatus AddThreadRoutine(in ApiCall call) => call.UInt32(0) switch
    {
        0 => Routines.Add(NotifyKind.NonSystemThread, call[1], call.ReturnAddress),
        1 => Routines.Add(NotifyKind.Thread, call[1], call.ReturnAddress),
        _ => NtStatus.InvalidParameter,
    };

    private NtStatus Set(in ApiCall call, NotifyKind kind, ulong routine, bool remove) =>
        remove ? Routines.Remove(kind, routine) : Routines.Add(kind, routine, call.ReturnAddress);
}
