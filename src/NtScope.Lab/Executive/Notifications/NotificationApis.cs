using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Notifications;

/// <summary>Registrations for logon sessions, file systems, non-maskable interrupts, devices and power settings.</summary>
internal sealed class NotificationApis(LabKernel kernel) : IApiFamily
{
    private const uint PowerValueBytes = sizeof(uint);

    // What the machine's power is: it runs on mains, its monitor is on.
    private static readonly Dictionary<Guid, uint> PowerSettings = new()
    {
        [new Guid("5d3e9a59-e9d5-4b00-a6bd-ff34ff516548")] = 0,
        [new Guid("02731015-4510-4526-99e6-e5a17ebd1aea")] = 1,
        [new Guid("6fe69556-704a-47a0-8f24-c28d936fda47")] = 1,
    };

    private readonly HashSet<ulong> _markedSessions = [];
    private readonly List<ulong> _fileSystems = [];

    private SystemCallbacks Callbacks => kernel.SystemCallbacks;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("SeRegisterLogonSessionTerminatedRoutine", Irql.Passive, (in ApiCall call) => Add(call, SystemEvent.LogonSession, call[0], 0, out _));
        table.Status("SeUnregisterLogonSessionTerminatedRoutine", Irql.Passive, (in ApiCall call) => RemoveSession(SystemEvent.LogonSession, call[0], 0));
        table.Status("SeRegisterLogonSessionTerminatedRoutineEx", Irql.Passive, (in ApiCall call) => Add(call, SystemEvent.LogonSessionEx, call[0], call[1], out _));
        table.Status("SeUnregisterLogonSessionTerminatedRoutineEx", Irql.Passive, (in ApiCall call) => RemoveSession(SystemEvent.LogonSessionEx, call[0], call[1]));
        table.Status("SeMarkLogonSessionForTerminationNotification", Irql.Passive, MarkSession);
        table.Status("IoRegisterFsRegistrationChange", Irql.Passive, RegisterFileSystemChange);
        table.Void("IoUnregisterFsRegistrationChange", Irql.Passive, (in ApiCall call) => Remove(call, SystemEvent.FileSystem, call[0], call[1]));
        table.Void("IoRegisterFileSystem", Irql.Passive, (in ApiCall call) => ChangeFileSystem(call[0], active: true));
        table.Void("IoUnregisterFileSystem", Irql.Passive, (in ApiCall call) => ChangeFileSystem(call[0], active: false));
        table.Add("KeRegisterNmiCallback", Irql.Dispatch, (in ApiCall call) =>
            (int)Add(call, SystemEvent.NonMaskableInterrupt, call[0], call[1], out var entry) < 0 ? 0 : entry);
        table.Status("KeDeregisterNmiCallback", Irql.Apc, (in ApiCall call) =>
            Callbacks.Remove(SystemEvent.NonMaskableInterrupt, call[0]) ? NtStatus.Success : NtStatus.InvalidHandle);
        table.Status("IoRegisterPlugPlayNotification", Irql.Passive, RegisterPlugPlay);
        table.Status("IoUnregisterPlugPlayNotification", Irql.Passive, (in ApiCall call) => Remove(call, SystemEvent.PlugPlay, call[0]));
        table.Alias("IoUnregisterPlugPlayNotification", "IoUnregisterPlugPlayNotificationEx");
        table.Status("PoRegisterPowerSettingCallback", Irql.Apc, RegisterPowerSetting);
        table.Status("PoUnregisterPowerSettingCallback", Irql.Apc, (in ApiCall call) => Remove(call, SystemEvent.PowerSetting, call[0]));
    }

    /// <summary>Ends a logon session: drivers are told if one has asked for it.</summary>
    public void EndLogonSession(ulong id)
    {
        if (!_markedSessions.Remove(id))
        {
            return;
        }

        var block = kernel.Pool.Allocate(sizeof(ulong), "SeLs", Pool.PoolKind.Paged);
        kernel.Memory.WriteUInt64(block, id);
        foreach (var callback in Callbacks.All.Where(callback => callback.Event is SystemEvent.LogonSession or SystemEvent.LogonSessionEx).ToArray())
        {
            kernel.Verifier.CallDriver("a logon session routine", callback.Routine, block, callback.Context);
        }

        kernel.Pool.Free(block);
    }

    private NtStatus Add(in ApiCall call, SystemEvent kind, ulong routine, ulong context, out ulong entry, ulong key = 0)
    {
        var callback = kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress) ? null : Callbacks.Add(kind, routine, context, call.ReturnAddress, key: key);
        entry = callback?.Entry.Value ?? 0;
        return callback is null ? NtStatus.InsufficientResources : NtStatus.Success;
    }

    private NtStatus Remove(in ApiCall call, SystemEvent kind, ulong key, ulong routine = 0)
    {
        if (Callbacks.Remove(kind, key, routine))
        {
            return NtStatus.Success;
        }

        kernel.Verifier.Report("bad-handle", $"0x{key:x} is no registration that {call.Entry.Name} could take out", call.Entry.Name);
        return NtStatus.InvalidParameter;
    }

    private NtStatus RemoveSession(SystemEvent kind, ulong routine, ulong context)
    {
        if (Callbacks.All.FirstOrDefault(known => known.Event == kind && known.Routine == routine && known.Context == context) is not { } callback)
        {
            return NtStatus.NotFound;
        }

        Callbacks.Remove(callback);
        return NtStatus.Success;
    }

    private NtStatus MarkSession(in ApiCall call)
    {
        if (_markedSessions.Count >= LabLimits.Handles)
        {
            return NtStatus.InsufficientResources;
        }

        _markedSessions.Add(kernel.Memory.ReadUInt64(call[0]));
        return NtStatus.Success;
    }

    private NtStatus RegisterFileSystemChange(in ApiCall call)
    {
        var (driver, routine) = (call[0], call[1]);
        if (Callbacks.All.Any(known => known.Event == SystemEvent.FileSystem && known.Key == driver && known.Routine == routine))
        {
            return NtStatus.DeviceAlreadyAttached;
        }

        var status = Add(call, SystemEvent.FileSystem, routine, 0, out _, key: driver);
        if (status == NtStatus.Success)
        {
            foreach (var device in _fileSystems.ToArray())
            {
                kernel.Verifier.CallDriver("a file system routine", routine, device, 1);
            }
        }

        return status;
    }

    private void ChangeFileSystem(ulong device, bool active)
    {
        _ = kernel.Objects.Get(device);
        if (active ? _fileSystems.Count >= LabLimits.Handles : !_fileSystems.Remove(device))
        {
            return;
        }

        if (active)
        {
            _fileSystems.Add(device);
        }

        foreach (var callback in Callbacks.Of(SystemEvent.FileSystem))
        {
            kernel.Verifier.CallDriver("a file system routine", callback.Routine, device, active ? 1UL : 0);
        }
    }

    private NtStatus RegisterPlugPlay(in ApiCall call)
    {
        var status = Add(call, SystemEvent.PlugPlay, call[4], call[5], out var entry);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(call[6], entry);
        }

        return status;
    }

    // A callback is told the value as it is at once.
    private NtStatus RegisterPowerSetting(in ApiCall call)
    {
        var (setting, routine, context) = (call[1], call[2], call[3]);
        var status = Add(call, SystemEvent.PowerSetting, routine, context, out var entry);
        if (status != NtStatus.Success)
        {
            return status;
        }

        if (call[4] != 0)
        {
            kernel.Memory.WriteUInt64(call[4], entry);
        }

        if (PowerSettings.TryGetValue(new Guid(kernel.Memory.Span(setting, 16)), out var current))
        {
            var value = kernel.Pool.Allocate(PowerValueBytes, "PopS");
            kernel.Memory.WriteUInt32(value, current);
            kernel.Verifier.CallDriver("a power setting callback", routine, setting, value, PowerValueBytes, context);
            kernel.Pool.Free(value);
        }

        return status;
    }
}
