using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Notifications;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Devices of the framework and the IRPs that come to them.</summary>
internal sealed class FrameworkDevices(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, FrameworkDevice> _devices = [];

    /// <summary>The device of a DEVICE_OBJECT, or null.</summary>
    public FrameworkDevice? Find(ulong deviceObject) => _devices.GetValueOrDefault(deviceObject);

    /// <summary>The devices of a driver.</summary>
    public IEnumerable<FrameworkDevice> Of(FrameworkClient client) => _devices.Values.Where(device => device.Client == client);

    /// <summary>Makes a device.</summary>
    public NtStatus Create(FrameworkClient client, DeviceInit init, ObjectSetup setup, out FrameworkDevice? device)
    {
        device = null;
        var status = kernel.Devices.CreateDevice(client.DriverObject, 0, init.Name, init.DeviceType, init.Characteristics, init.IsExclusive, out var deviceObject);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var below = init.PhysicalDevice == 0 ? 0 : kernel.Devices.Attach(deviceObject, init.PhysicalDevice);
        var flags = deviceObject + IoLayout.DeviceFlags;
        var passing = init.Role == DeviceRole.Filter
            ? _memory.ReadUInt32(below + IoLayout.DeviceFlags) & (IoLayout.BufferedIo | IoLayout.DirectIo)
            : init.IoType switch { 2 => IoLayout.BufferedIo, 3 => IoLayout.DirectIo, _ => 0 };
        _memory.WriteUInt32(flags, _memory.ReadUInt32(flags) | passing);
        if (init.Role == DeviceRole.Filter)
        {
            init.IoType = (passing & IoLayout.DirectIo) != 0 ? 3u : passing != 0 ? 2u : 1;
        }

        var made = new FrameworkDevice(client, deviceObject, below, init) { IsPowered = init.Role == DeviceRole.Control, IsDeletable = init.Role == DeviceRole.Control };
        made.Disposing = () => Close(made);
        made.Destroyed = () => Remove(made);
        status = kernel.Framework.Objects.Add(made, setup.Attributes, setup.Parent);
        if (status == NtStatus.Success && below != 0)
        {
            made.Target = new FrameworkIoTarget(client, below) { IsDeletable = false };
            status = kernel.Framework.Objects.Add(made.Target, FrameworkAttributes.None, made);
        }

        if (status != NtStatus.Success)
        {
            Detach(made);
            kernel.Devices.DeleteDevice(deviceObject);
            return status;
        }

        _devices.Add(deviceObject, made);
        RegisterShutdown(made);
        device = made;
        return NtStatus.Success;
    }

    /// <summary>Says that a device can be opened.</summary>
    public void FinishInitializing(FrameworkDevice device)
    {
        var flags = device.DeviceObject + IoLayout.DeviceFlags;
        _memory.WriteUInt32(flags, _memory.ReadUInt32(flags) & ~IoLayout.Initializing);
    }

    /// <summary>Serves an IRP: the dispatch routine of every driver of the framework.</summary>
    public NtStatus Dispatch(ulong deviceObject, ulong irp)
    {
        if (Find(deviceObject) is not { } device)
        {
            kernel.Framework.Requests.CompleteIrp(irp, NtStatus.InvalidDeviceRequest, 0);
            return NtStatus.InvalidDeviceRequest;
        }

        var location = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation);
        if (device.Setup.Preprocess.TryGetValue((MajorFunction)_memory.ReadByte(location), out var first)
            && (first.Minors.Length == 0 || first.Minors.Contains(_memory.ReadByte(location + IoLayout.LocationMinor))))
        {
            return (NtStatus)(uint)kernel.Verifier.CallDriver("EvtDeviceWdmIrpPreprocess", first.Routine, device.Handle, irp);
        }

        return Process(device, irp);
    }

    /// <summary>Serves an IRP that was preprocessed: the driver has skipped its own stack location.</summary>
    public NtStatus ProcessSkipped(FrameworkDevice device, ulong irp)
    {
        _memory.WriteUInt64(irp + IoLayout.IrpStackLocation, _memory.ReadUInt64(irp + IoLayout.IrpStackLocation) - IoLayout.LocationBytes);
        _memory.WriteByte(irp + IoLayout.IrpCurrentLocation, (byte)(_memory.ReadByte(irp + IoLayout.IrpCurrentLocation) - 1));
        return Process(device, irp);
    }

    /// <summary>Sends a new request to the queue that takes its kind.</summary>
    public void Enqueue(FrameworkDevice device, FrameworkRequest request)
    {
        if ((device.Dispatching.GetValueOrDefault(request.Major) ?? device.DefaultQueue) is { } queue)
        {
            kernel.Framework.Queues.Insert(queue, request);
            return;
        }

        kernel.Framework.Requests.Complete(request, NtStatus.InvalidDeviceRequest, 0);
    }

    /// <summary>Takes a file out of its device.</summary>
    public void RemoveFile(FrameworkDevice device, FrameworkFileObject file)
    {
        device.Files.Remove(file.FileObject);
        kernel.Framework.Objects.Delete(file);
    }

    private NtStatus Process(FrameworkDevice device, ulong irp)
    {
        var location = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation);
        var major = (MajorFunction)_memory.ReadByte(location);
        switch (major)
        {
            case MajorFunction.Pnp:
                return kernel.Framework.Power.Dispatch(device, irp, _memory.ReadByte(location + IoLayout.LocationMinor));
            case MajorFunction.Shutdown when device.Setup.Shutdown != 0:
                kernel.Verifier.CallDriver("EvtDeviceShutdownNotification", device.Setup.Shutdown, device.Handle);
                kernel.Framework.Requests.CompleteIrp(irp, NtStatus.Success, 0);
                return NtStatus.Success;
            case MajorFunction.Create:
                return Create(device, irp, location);
            case MajorFunction.Cleanup or MajorFunction.Close:
                return Finish(device, irp, location, major);
            case MajorFunction.Read or MajorFunction.Write or MajorFunction.DeviceControl or MajorFunction.InternalDeviceControl:
                return Request(device, irp, major);
            default:
                return PassOn(device, irp, device.Setup.Role != DeviceRole.Control && major is MajorFunction.Power or MajorFunction.SystemControl);
        }
    }

    private void RegisterShutdown(FrameworkDevice device)
    {
        ReadOnlySpan<SystemEvent> kinds = [SystemEvent.Shutdown, SystemEvent.LastChanceShutdown];
        for (var i = 0; i < kinds.Length && device.Setup.Shutdown != 0; i++)
        {
            if ((device.Setup.ShutdownFlags & (1u << i)) != 0)
            {
                kernel.Shutdown.Add(kernel.Objects.Get(device.DeviceObject), kinds[i], kernel.Threads.Current.Trap.CallerRip);
            }
        }
    }

    // Creates: the driver's routine, a queue that takes creates, the device below, or success.
    private NtStatus Create(FrameworkDevice device, ulong irp, ulong location)
    {
        if (device.Setup.HasFiles)
        {
            var file = new FrameworkFileObject(device.Client, _memory.ReadUInt64(location + IoLayout.LocationFile)) { IsDeletable = false };
            var status = kernel.Framework.Objects.Add(file, device.Setup.FileAttributes ?? FrameworkAttributes.None, device);
            if (status != NtStatus.Success)
            {
                kernel.Framework.Requests.CompleteIrp(irp, status, 0);
                return status;
            }

            device.Files[file.FileObject] = file;
        }

        if (device.Setup.FileCreate != 0)
        {
            if (kernel.Framework.Requests.Create(device, irp, MajorFunction.Create) is { } request)
            {
                kernel.Verifier.CallDriver("EvtDeviceFileCreate", device.Setup.FileCreate, device.Handle, request.Handle, request.File?.Handle ?? 0);
            }

            return NtStatus.Pending;
        }

        return device.Dispatching.ContainsKey(MajorFunction.Create) ? Request(device, irp, MajorFunction.Create) : EndFileRequest(device, irp);
    }

    private NtStatus Finish(FrameworkDevice device, ulong irp, ulong location, MajorFunction major)
    {
        if (device.Files.TryGetValue(_memory.ReadUInt64(location + IoLayout.LocationFile), out var file))
        {
            var (what, routine) = major == MajorFunction.Cleanup ? ("EvtFileCleanup", device.Setup.FileCleanup) : ("EvtFileClose", device.Setup.FileClose);
            if (major == MajorFunction.Cleanup)
            {
                foreach (var request in device.Client.Requests.Values.Where(request => request.File == file && request.IsWaiting).ToArray())
                {
                    kernel.Framework.Queues.CancelWaiting(request);
                }
            }

            if (routine != 0)
            {
                kernel.Verifier.CallDriver(what, routine, file.Handle);
            }

            if (major == MajorFunction.Close)
            {
                RemoveFile(device, file);
            }
        }

        return EndFileRequest(device, irp);
    }

    private NtStatus EndFileRequest(FrameworkDevice device, ulong irp)
    {
        var forwards = device.Setup.ForwardsFiles == 1 || (device.Setup.ForwardsFiles == 2 && device.Setup.Role == DeviceRole.Filter);
        if (forwards && device.Below != 0)
        {
            return kernel.Framework.Sender.Skip(device.Below, irp);
        }

        kernel.Framework.Requests.CompleteIrp(irp, NtStatus.Success, 0);
        return NtStatus.Success;
    }

    private NtStatus Request(FrameworkDevice device, ulong irp, MajorFunction major)
    {
        if (device.Setup.InCallerContext == 0 && !device.Dispatching.ContainsKey(major) && device.DefaultQueue is null)
        {
            return PassOn(device, irp, device.Setup.Role == DeviceRole.Filter);
        }

        if (kernel.Framework.Requests.Create(device, irp, major) is not { } request)
        {
            return NtStatus.Pending;
        }

        if (device.Setup.InCallerContext != 0)
        {
            kernel.Verifier.CallDriver("EvtIoInCallerContext", device.Setup.InCallerContext, device.Handle, request.Handle);
        }
        else
        {
            Enqueue(device, request);
        }

        return NtStatus.Pending;
    }

    private NtStatus PassOn(FrameworkDevice device, ulong irp, bool isForwarded)
    {
        if ((isForwarded || device.Setup.Role == DeviceRole.Filter) && device.Below != 0)
        {
            return kernel.Framework.Sender.Skip(device.Below, irp);
        }

        kernel.Framework.Requests.CompleteIrp(irp, NtStatus.InvalidDeviceRequest, 0);
        return NtStatus.InvalidDeviceRequest;
    }

    // What the driver still has of the device's requests when the device goes is never completed.
    private void Close(FrameworkDevice device)
    {
        foreach (var queue in device.Queues)
        {
            kernel.Framework.Queues.Purge(queue, NtStatus.Cancelled);
        }

        foreach (var request in device.Client.Requests.Values.Where(request => request.Target == device).ToArray())
        {
            kernel.Verifier.ReportLeft(
                "irp-never-completed", $"the device goes, and the driver has not completed WDFREQUEST 0x{request.Handle:x} ({DispatchNames.Of((byte)request.Major)})",
                device.Client.Loaded, null);
            request.OnCancel = 0;
            _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, 0);
            kernel.Framework.Requests.Complete(request, NtStatus.Cancelled, 0);
        }

        foreach (var link in device.Links)
        {
            kernel.Objects.DeleteLink(link);
        }
    }

    private void Remove(FrameworkDevice device)
    {
        _devices.Remove(device.DeviceObject);
        Detach(device);
        kernel.Devices.DeleteDevice(device.DeviceObject);
    }

    private void Detach(FrameworkDevice device)
    {
        if (device.Below != 0 && kernel.Objects.Find(device.Below) is not null)
        {
            kernel.Devices.Detach(device.Below);
        }
    }
}
