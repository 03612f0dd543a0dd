using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>ExCreateCallback and what belongs to it.</summary>
internal sealed class CallbackObjectApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("ExCreateCallback", Irql.Apc, Create);
        table.Add("ExRegisterCallback", Irql.Apc, RegisterRoutine);
        table.Void("ExUnregisterCallback", Irql.Apc, UnregisterRoutine);
        table.Void("ExNotifyCallback", Irql.Dispatch, Notify);
    }

    private NtStatus Create(in ApiCall call)
    {
        var attributes = ObjectAttributes.Read(kernel.Memory, call[1]);
        var exists = attributes.Name.Length > 0 && kernel.Objects.Resolve(attributes.Name, out var rest) is not null && rest.Length == 0;
        if (!exists && !call.Flag(2))
        {
            return NtStatus.ObjectNameNotFound;
        }

        if (!exists && kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        // One that is there is opened, whatever the attributes say.
        const uint OpenIf = 0x80;
        var status = kernel.Objects.CreateOrOpen(ObjectKind.Callback, 0x40, attributes with { Flags = attributes.Flags | OpenIf }, out var item);
        if (item is null)
        {
            return status;
        }

        item.State ??= new CallbackObject(call.Flag(3));
        kernel.Objects.Reference(item, call.ReturnAddress);
        kernel.Objects.Dereference(item);
        kernel.Memory.WriteUInt64(call[0], item.Address);
        return NtStatus.Success;
    }

    private ulong RegisterRoutine(in ApiCall call)
    {
        if (kernel.Objects.Get(call[0]) is not { State: CallbackObject state } item || (!state.AllowsSeveral && state.Routines.Count > 0)
            || kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return 0;
        }

        var registration = kernel.Pool.Allocate(0x38, "CBRG");
        state.Routines.Add((registration, call[1], call[2], kernel.Drivers.At(call.ReturnAddress), kernel.Traces.Capture()));
        kernel.CallbackRegistrations.Add(registration, item);
        kernel.Objects.Reference(item);
        return registration;
    }

    private void UnregisterRoutine(in ApiCall call)
    {
        if (!kernel.CallbackRegistrations.Remove(call[0], out var item))
        {
            kernel.Verifier.Report("bad-handle", $"0x{call[0]:x} is no registration with a callback object", call.Entry.Name);
            return;
        }

        var registration = call[0];
        ((CallbackObject)item.State!).Routines.RemoveAll(routine => routine.Registration == registration);
        kernel.Pool.Free(registration);
        kernel.Objects.Dereference(item);
    }

    private void Notify(in ApiCall call)
    {
        if (kernel.Objects.Get(call[0]).State is CallbackObject state)
        {
            foreach (var (_, routine, context, _, _) in state.Routines.ToArray())
            {
                kernel.Verifier.CallDriver("a callback routine", routine, context, call[1], call[2]);
            }
        }
    }
}
