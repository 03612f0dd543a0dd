using System.Globalization;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Devices of the framework.</summary>
internal sealed class FrameworkDeviceApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfDeviceCreate", Irql.Passive, Create);
        table.Status("WdfDeviceCreateSymbolicLink", Irql.Passive, (in ApiCall call) => Link(call, call.UnicodeString(2)));
        table.Status("WdfDeviceCreateDeviceInterface", Irql.Passive, (in ApiCall call) => Link(call, InterfaceName(call)));
        table.Void("WdfDeviceSetDeviceInterfaceState", Irql.Passive, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1));
        table.Status("WdfDeviceRetrieveDeviceInterfaceString", Irql.Passive, RetrieveInterface);
        table.Status("WdfDeviceRetrieveDeviceName", Irql.Passive, RetrieveName);
        table.Add("WdfDeviceWdmGetDeviceObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1).DeviceObject);
        table.Add("WdfDeviceWdmGetAttachedDevice", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1).Below);
        table.Add("WdfDeviceWdmGetPhysicalDevice", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1).Setup.PhysicalDevice);
        table.Add("WdfWdmDeviceGetWdfDeviceHandle", Irql.Dispatch, (in ApiCall call) => kernel.Framework.Devices.Find(call[1])?.Handle ?? 0);
        table.Add("WdfDeviceGetDriver", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1).Client.Driver!.Handle);
        table.Add("WdfDeviceGetIoTarget", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1).Target?.Handle ?? 0);
        table.Add("WdfIoTargetWdmGetTargetDeviceObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkIoTarget>(call, 1).DeviceObject);
        table.Add("WdfIoTargetGetDevice", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkIoTarget>(call, 1).Parent!.Handle);
        table.Add("WdfDeviceGetDefaultQueue", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1).DefaultQueue?.Handle ?? 0);
        table.Add("WdfDeviceGetFileObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1).Files.GetValueOrDefault(call[2])?.Handle ?? 0);
        table.Add("WdfDeviceGetCharacteristics", Irql.Dispatch, (in ApiCall call) =>
            kernel.Memory.ReadUInt32(Objects.Get<FrameworkDevice>(call, 1).DeviceObject + IoLayout.DeviceCharacteristics));
        table.Void("WdfDeviceSetCharacteristics", Irql.Dispatch, (in ApiCall call) =>
            kernel.Memory.WriteUInt32(Objects.Get<FrameworkDevice>(call, 1).DeviceObject + IoLayout.DeviceCharacteristics, call.UInt32(2)));
        table.Void("WdfDeviceSetPnpCapabilities", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDevice>(call, 1));
        table.Alias("WdfDeviceSetPnpCapabilities", "WdfDeviceSetPowerCapabilities");
        table.Status("WdfDeviceConfigureRequestDispatching", Irql.Dispatch, Configure);
        table.Status("WdfDeviceWdmDispatchPreprocessedIrp", Irql.Dispatch, (in ApiCall call) =>
            kernel.Framework.Devices.ProcessSkipped(Objects.Get<FrameworkDevice>(call, 1), call[2]));
        table.Status("WdfDeviceEnqueueRequest", Irql.Dispatch, Enqueue);
    }

    private NtStatus Create(in ApiCall call)
    {
        var memory = kernel.Memory;
        var client = kernel.Framework.ClientOf(call);
        var init = kernel.Framework.InitOf(call, memory.ReadUInt64(call[1]));
        if (client.Driver is not { } driver)
        {
            return NtStatus.InvalidDeviceState;
        }

        var status = Objects.Begin(call, 2, driver, takesParent: init.Role == DeviceRole.Control, out var setup);
        if (status == NtStatus.Success)
        {
            status = kernel.Framework.Devices.Create(client, init, setup, out var device);
            if (device is not null)
            {
                memory.WriteUInt64(call[3], device.Handle);
                kernel.Framework.FreeInit(client, init);
                memory.WriteUInt64(call[1], 0);
            }
        }

        return status;
    }

    private NtStatus Link(in ApiCall call, string name)
    {
        var device = Objects.Get<FrameworkDevice>(call, 1);
        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var target = kernel.Objects.Find(device.Setup.PhysicalDevice != 0 ? device.Setup.PhysicalDevice : device.DeviceObject)?.Name;
        if (target is null)
        {
            return NtStatus.InvalidDeviceState;
        }

        var status = kernel.Objects.CreateLink(name, target, call.ReturnAddress);
        if (status == NtStatus.Success)
        {
            device.Links.Add(name);
        }

        return status;
    }

    // As the I/O manager names the interface of a root-enumerated device: the device, the class, a string of the driver's.
    private string InterfaceName(in ApiCall call)
    {
        var device = Objects.Get<FrameworkDevice>(call, 1);
        var name = kernel.Objects.Find(device.Setup.PhysicalDevice)?.Name ?? string.Empty;
        var number = name.Length > 0 && char.IsAsciiDigit(name[^1]) ? name[^1] - '0' : 0;
        var guid = new Guid(kernel.Memory.Span(call[2], 16));
        var reference = call[3] == 0 ? string.Empty : "\\" + call.UnicodeString(3);
        return string.Create(CultureInfo.InvariantCulture, $@"\??\ROOT#LAB#{number:D4}#{guid:B}{reference}");
    }

    private NtStatus RetrieveInterface(in ApiCall call)
    {
        var name = InterfaceName(call);
        if (!Objects.Get<FrameworkDevice>(call, 1).Links.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return NtStatus.ObjectNameNotFound;
        }

        Objects.Get<FrameworkString>(call, 4).Set(name);
        return NtStatus.Success;
    }

    private NtStatus RetrieveName(in ApiCall call)
    {
        var name = kernel.Objects.Find(Objects.Get<FrameworkDevice>(call, 1).DeviceObject)?.Name;
        Objects.Get<FrameworkString>(call, 2).Set(name ?? string.Empty);
        return name is null ? NtStatus.InvalidDeviceState : NtStatus.Success;
    }

    private NtStatus Configure(in ApiCall call)
    {
        var device = Objects.Get<FrameworkDevice>(call, 1);
        var queue = Objects.Get<FrameworkQueue>(call, 2);
        var major = (MajorFunction)call.UInt32(3);
        return queue.Device != device || call.UInt32(3) is not (0 or 3 or 4 or 14 or 15) ? NtStatus.InvalidParameter
            : device.Dispatching.TryAdd(major, queue) ? NtStatus.Success : NtStatus.WdfRequestInvalidState;
    }

    private NtStatus Enqueue(in ApiCall call)
    {
        var device = Objects.Get<FrameworkDevice>(call, 1);
        var request = Objects.Get<FrameworkRequest>(call, 2);
        kernel.Framework.Requests.EnsureOwned(call, request);
        kernel.Framework.Devices.Enqueue(device, request);
        return NtStatus.Success;
    }
}
