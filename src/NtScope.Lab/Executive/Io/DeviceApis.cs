using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Io;

/// <summary>Devices, their stacks and their names.</summary>
internal sealed class DeviceApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("IoCreateDevice", Irql.Apc, (in ApiCall call) => CreateDevice(call, call[6]));
        table.Status("IoCreateDeviceSecure", Irql.Passive, (in ApiCall call) => CreateDevice(call, call[8]));
        table.Alias("IoCreateDeviceSecure", "WdmlibIoCreateDeviceSecure");
        table.Void("IoDeleteDevice", Irql.Apc, (in ApiCall call) => kernel.Devices.DeleteDevice(call[0]));
        table.Status("IoCreateSymbolicLink", Irql.Passive, (in ApiCall call) =>
            kernel.Faults.ShouldFail("IoCreateSymbolicLink", call.ReturnAddress)
                ? NtStatus.InsufficientResources
                : kernel.Objects.CreateLink(call.UnicodeString(0), call.UnicodeString(1), call.ReturnAddress));
        table.Alias("IoCreateSymbolicLink", "IoCreateUnprotectedSymbolicLink");
        table.Status("IoDeleteSymbolicLink", Irql.Passive, (in ApiCall call) => kernel.Objects.DeleteLink(call.UnicodeString(0)));
        table.Status("IoGetDeviceObjectPointer", Irql.Passive, GetDeviceObjectPointer);
        table.Add("IoAttachDeviceToDeviceStack", Irql.Dispatch, (in ApiCall call) => kernel.Devices.Attach(call[0], call[1]));
        table.Status("IoAttachDeviceToDeviceStackSafe", Irql.Dispatch, AttachSafe);
        table.Status("IoAttachDevice", Irql.Passive, AttachByName);
        table.Void("IoDetachDevice", Irql.Dispatch, (in ApiCall call) => kernel.Devices.Detach(call[0]));
        table.Add("IoGetAttachedDevice", Irql.Dispatch, (in ApiCall call) => kernel.Devices.Top(call[0]));
        table.Add("IoGetAttachedDeviceReference", Irql.Dispatch, GetAttachedReference);
        table.Add("IoGetRelatedDeviceObject", Irql.Dispatch, (in ApiCall call) => kernel.Devices.Top(kernel.Memory.ReadUInt64(call[0] + IoLayout.FileDevice)));
        table.Status("IopInvalidDeviceRequest", Irql.Dispatch, InvalidDeviceRequest);
    }

    private NtStatus CreateDevice(in ApiCall call, ulong result)
    {
        if (kernel.Faults.ShouldFail("IoCreateDevice", call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var status = kernel.Devices.CreateDevice(
            call[0], call.UInt32(1), call[2] == 0 ? string.Empty : call.UnicodeString(2), call.UInt32(3), call.UInt32(4), call.Flag(5), out var device);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(result, device);
        }

        return status;
    }

    private NtStatus GetDeviceObjectPointer(in ApiCall call)
    {
        var status = kernel.Clients.Open(call.UnicodeString(0), out var file, isUser: false);
        if (file is null)
        {
            return status;
        }

        // The handle is closed at once; the reference keeps the file open.
        kernel.Objects.Reference(file, call.ReturnAddress);
        kernel.Clients.Close(file, isUser: false);
        kernel.Memory.WriteUInt64(call[2], file.Address);
        kernel.Memory.WriteUInt64(call[3], kernel.Devices.Top(kernel.Memory.ReadUInt64(file.Address + IoLayout.FileDevice)));
        return status;
    }

    private NtStatus AttachSafe(in ApiCall call)
    {
        kernel.Memory.WriteUInt64(call[2], kernel.Devices.Attach(call[0], call[1]));
        return NtStatus.Success;
    }

    private NtStatus AttachByName(in ApiCall call)
    {
        if (kernel.Objects.Resolve(call.UnicodeString(1), out _) is not { Kind: ObjectKind.Device } device)
        {
            return NtStatus.ObjectNameNotFound;
        }

        kernel.Memory.WriteUInt64(call[2], kernel.Devices.Attach(call[0], device.Address));
        return NtStatus.Success;
    }

    private ulong GetAttachedReference(in ApiCall call)
    {
        var top = kernel.Devices.Top(call[0]);
        kernel.Objects.Reference(kernel.Objects.Get(top), call.ReturnAddress);
        return top;
    }

    private NtStatus InvalidDeviceRequest(in ApiCall call)
    {
        kernel.Memory.WriteUInt32(call[1] + IoLayout.IrpStatus, (uint)NtStatus.InvalidDeviceRequest);
        kernel.Memory.WriteUInt64(call[1] + IoLayout.IrpInformation, 0);
        kernel.Requests.Complete(call[1]);
        return NtStatus.InvalidDeviceRequest;
    }
}
