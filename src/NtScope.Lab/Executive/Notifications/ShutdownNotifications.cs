using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Notifications;

/// <summary>Devices that are told of the system's end: the last that was registered first, then those that asked for the last chance.</summary>
internal sealed class ShutdownNotifications(LabKernel kernel) : IApiFamily
{
    private const uint ShutdownRegistered = 0x800;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("IoRegisterShutdownNotification", Irql.Passive, (in ApiCall call) => Add(call, SystemEvent.Shutdown));
        table.Status("IoRegisterLastChanceShutdownNotification", Irql.Passive, (in ApiCall call) => Add(call, SystemEvent.LastChanceShutdown));
        table.Void("IoUnregisterShutdownNotification", Irql.Passive, (in ApiCall call) => Remove(call[0]));
    }

    /// <summary>Takes a device's registrations out; it is done as well when the device is deleted.</summary>
    public void Remove(ulong device)
    {
        var flags = device + IoLayout.DeviceFlags;
        if ((kernel.Memory.ReadUInt32(flags) & ShutdownRegistered) == 0)
        {
            return;
        }

        kernel.Memory.WriteUInt32(flags, kernel.Memory.ReadUInt32(flags) & ~ShutdownRegistered);
        foreach (var callback in kernel.SystemCallbacks.All.Where(callback => IsOf(callback, device)).ToArray())
        {
            Take(callback);
        }
    }

    /// <summary>Sends IRP_MJ_SHUTDOWN to each device that is registered, and waits for each.</summary>
    public void Shutdown()
    {
        using var scope = kernel.AsSystem();
        Drain(SystemEvent.Shutdown);
        Drain(SystemEvent.LastChanceShutdown);
    }

    private static bool IsOf(SystemCallback callback, ulong device) =>
        callback.Event is SystemEvent.Shutdown or SystemEvent.LastChanceShutdown && callback.Key == device;

    /// <summary>Registers a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="kind">Whether it is told at first or last.</param>
    /// <param name="caller">The place of the driver's call.</param>
    public NtStatus Add(KernelObject device, SystemEvent kind, ulong caller)
    {
        if (kernel.SystemCallbacks.Add(kind, RoutineOf(device.Address), 0, caller, key: device.Address) is null)
        {
            return NtStatus.InsufficientResources;
        }

        var flags = device.Address + IoLayout.DeviceFlags;
        kernel.Memory.WriteUInt32(flags, kernel.Memory.ReadUInt32(flags) | ShutdownRegistered);
        kernel.Objects.Reference(device);
        return NtStatus.Success;
    }

    private NtStatus Add(in ApiCall call, SystemEvent kind)
    {
        var device = kernel.Objects.Get(call[0]);
        return device.Kind != ObjectKind.Device ? NtStatus.InvalidParameter
            : kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress) ? NtStatus.InsufficientResources
            : Add(device, kind, call.ReturnAddress);
    }

    private void Drain(SystemEvent kind)
    {
        while (kernel.SystemCallbacks.Of(kind) is { Length: > 0 } left)
        {
            Send(left[^1].Key, left[^1]);
        }

        kernel.Threads.Settle();
    }

    private void Send(ulong device, SystemCallback callback)
    {
        var top = kernel.Devices.Top(device);
        if (callback.Owner is { } owner && RoutineOf(device) == kernel.Traps.AddressOf(kernel.Apis.Find("IopInvalidDeviceRequest")!))
        {
            kernel.Verifier.ReportLeft("shutdown-not-handled", "a device is registered for shutdown and its driver has no routine for IRP_MJ_SHUTDOWN", owner, callback.Origin);
        }

        var request = kernel.Requests.Create(kernel.Memory.ReadByte(top + IoLayout.DeviceStackSize));
        kernel.Memory.WriteByte(kernel.Requests.NextLocation(request.Irp), (byte)MajorFunction.Shutdown);
        kernel.Verifier.BeginRequest();
        var status = kernel.Requests.CallDriver(top, request.Irp);
        if (status != NtStatus.Pending && !request.IsCompleted)
        {
            throw kernel.Stop("irp-never-completed", $"Shutdown returned 0x{(uint)status:X8} and nobody completed the IRP");
        }

        kernel.Clients.Wait(new PendingIo(request, 0));
        if (kernel.SystemCallbacks.All.Contains(callback))
        {
            Take(callback);
        }
    }

    private void Take(SystemCallback callback)
    {
        kernel.SystemCallbacks.Remove(callback);
        kernel.Objects.Dereference(kernel.Objects.Get(callback.Key));
    }

    private ulong RoutineOf(ulong device) =>
        kernel.Memory.ReadUInt64(kernel.Memory.ReadUInt64(device + IoLayout.DeviceDriverObject) + IoLayout.DriverMajorFunction + ((ulong)MajorFunction.Shutdown * 8));
}
