using NtScope.Reports;

namespace NtScope.Kernel.Drivers;

/// <summary>
/// Reads the devices of drivers and the stacks above them, each device once: damaged or hostile drivers share lists, and devices share stacks. What
/// all of them together may list has one bound.
/// </summary>
/// <param name="context">The kernel.</param>
/// <param name="names">The paths of objects that have a name.</param>
internal sealed class DeviceReader(KernelContext context, IReadOnlyDictionary<VirtualAddress, string> names)
{
    private readonly Dictionary<VirtualAddress, Device> _devices = [];
    private int _devicesLeft = Limits.Devices;
    private int _attachedLeft = Limits.AttachedDevices;

    /// <summary>The devices in a driver's list.</summary>
    public IReadOnlyList<DeviceRow> DevicesOf(StructureView driver, ICollection<Finding> driverFindings)
    {
        var rows = new List<DeviceRow>();
        var seen = new HashSet<VirtualAddress>();
        for (var next = driver.Pointer("DeviceObject"); next is { IsZero: false } address;)
        {
            if (!seen.Add(address) || seen.Count > Limits.DriverDevices)
            {
                driverFindings.Add(new Finding("device-list-cyclic", $"The list of devices comes back to {address} or does not end"));
                break;
            }

            if (_devicesLeft-- <= 0)
            {
                context.Note($"Only {Limits.Devices} devices are listed; there are more.");
                break;
            }

            var device = Read(address);
            var findings = new List<Finding>(device.Findings);
            if (device.Driver is { } owner && owner != driver.Address)
            {
                findings.Add(new Finding("foreign-device", $"The device says that its driver is {owner}"));
            }

            rows.Add(new DeviceRow(address, names.GetValueOrDefault(address), device.Type, StackAbove(address, device, findings), findings));
            next = device.Next;
        }

        return rows;
    }

    private List<string> StackAbove(VirtualAddress lowest, Device device, List<Finding> findings)
    {
        var stack = new List<string>();
        var seen = new HashSet<VirtualAddress> { lowest };
        for (var next = device.Above; next is { IsZero: false } above;)
        {
            if (!seen.Add(above) || seen.Count > Limits.DeviceStack)
            {
                findings.Add(new Finding("device-stack-cyclic", $"The stack comes back to {above} or does not end"));
                break;
            }

            if (_attachedLeft-- <= 0)
            {
                context.Note($"Only {Limits.AttachedDevices} attached devices are named; there are more.");
                break;
            }

            var attached = Read(above);
            findings.AddRange(attached.Findings);
            stack.Add(attached.Driver is { } driver ? names.GetValueOrDefault(driver, driver.ToString()) : above.ToString());
            next = attached.Above;
        }

        return stack;
    }

    private Device Read(VirtualAddress address)
    {
        if (!_devices.TryGetValue(address, out var device))
        {
            var findings = new List<Finding>();
            var view = context.At("_DEVICE_OBJECT", address, findings);
            device = new Device(view.Pointer("DriverObject"), (uint?)view.Number("DeviceType"), view.Pointer("NextDevice"), view.Pointer("AttachedDevice"), findings);
            _devices.Add(address, device);
        }

        return device;
    }

    private sealed record Device(VirtualAddress? Driver, uint? Type, VirtualAddress? Next, VirtualAddress? Above, IReadOnlyList<Finding> Findings);
}
