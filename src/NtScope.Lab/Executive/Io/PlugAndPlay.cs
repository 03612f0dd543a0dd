using System.Globalization;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Io;

/// <summary>A bus that finds one device for each driver that has an AddDevice routine: the device is started, and removed when the driver is unloaded.</summary>
internal sealed class PlugAndPlay(LabKernel kernel)
{
    private const uint BusDevice = 0x2A;
    private readonly Memory.GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, ulong> _devices = [];
    private KernelObject? _bus;
    private int _number;

    /// <summary>Finds a device for a driver and starts it.</summary>
    /// <returns>How that went; null for a driver without AddDevice.</returns>
    public NtStatus? AddDevice(ulong driver)
    {
        var routine = _memory.ReadUInt64(_memory.ReadUInt64(driver + IoLayout.DriverExtension) + IoLayout.ExtensionAddDevice);
        if (routine == 0)
        {
            return null;
        }

        _bus ??= kernel.Devices.CreateDriver(@"\Driver\LabBus", kernel.Traps.AddressOf(new ApiEntry("LabBusDispatch", Irql.Dispatch, Dispatch)));
        var name = @"\Device\LabBus" + _number++.ToString(CultureInfo.InvariantCulture);
        kernel.Devices.CreateDevice(_bus.Address, 0, name, BusDevice, 0, exclusive: false, out var device);
        _memory.WriteUInt32(device + IoLayout.DeviceFlags, (_memory.ReadUInt32(device + IoLayout.DeviceFlags) & ~IoLayout.Initializing) | IoLayout.BufferedIo);
        _devices.Add(device, driver);
        var status = (NtStatus)(uint)kernel.Verifier.CallDriver("AddDevice", routine, driver, device);
        if ((int)status >= 0 && kernel.Devices.Top(device) != device)
        {
            status = Send(device, PnpFunction.StartDevice);
        }

        if ((int)status < 0)
        {
            Remove(device);
        }

        return status;
    }

    /// <summary>Removes a driver's devices.</summary>
    public void RemoveDevices(ulong driver)
    {
        foreach (var (device, _) in _devices.Where(entry => entry.Value == driver).ToArray())
        {
            Send(device, PnpFunction.QueryRemoveDevice);
            Remove(device);
        }
    }

    /// <summary>The name of the bus's device that another one lies on; null if it lies on none.</summary>
    public string? NameBelow(ulong device)
    {
        foreach (var bottom in _devices.Keys)
        {
            if (kernel.Devices.Top(bottom) == kernel.Devices.Top(device))
            {
                return kernel.Objects.Find(bottom)?.Name;
            }
        }

        return null;
    }

    private void Remove(ulong device)
    {
        if (kernel.Devices.Top(device) != device)
        {
            Send(device, PnpFunction.RemoveDevice);
        }

        _devices.Remove(device);
        kernel.Devices.DeleteDevice(device);
    }

    private NtStatus Send(ulong device, PnpFunction function)
    {
        var top = kernel.Devices.Top(device);
        var request = kernel.Requests.Create(_memory.ReadByte(top + IoLayout.DeviceStackSize));
        var location = kernel.Requests.NextLocation(request.Irp);
        _memory.WriteByte(location, (byte)MajorFunction.Pnp);
        _memory.WriteByte(location + IoLayout.LocationMinor, (byte)function);
        _memory.WriteUInt32(request.Irp + IoLayout.IrpStatus, (uint)NtStatus.NotSupported);
        kernel.Verifier.BeginRequest();
        kernel.Requests.CallDriver(top, request.Irp);
        return kernel.Clients.Wait(new PendingIo(request, 0)).Status;
    }

    private ulong Dispatch(in ApiCall call)
    {
        var major = (MajorFunction)_memory.ReadByte(_memory.ReadUInt64(call[1] + IoLayout.IrpStackLocation));
        var status = major is MajorFunction.Pnp or MajorFunction.Power or MajorFunction.Create or MajorFunction.Cleanup or MajorFunction.Close
            ? NtStatus.Success
            : NtStatus.InvalidDeviceRequest;
        _memory.WriteUInt32(call[1] + IoLayout.IrpStatus, (uint)status);
        kernel.Requests.Complete(call[1]);
        return (uint)status;
    }
}
