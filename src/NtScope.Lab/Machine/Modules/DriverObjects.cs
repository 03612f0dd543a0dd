using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Objects;

namespace NtScope.Lab.Machine.Modules;

/// <summary>Creates driver objects with their dispatch tables, and device objects, alone and in stacks.</summary>
internal sealed class DriverObjects(MachineContext context, ObjectManager objects, ObjectNamespace names)
{
    private const ushort DeviceType = 3;
    private const ushort DriverType = 4;
    private const uint MajorFunctions = 28;
    private const uint UnknownDevice = 0x22;
    private const uint LegacyDriver = 2;
    private const uint Initialized = 0x10;
    private const int DeviceIoControl = 14;

    /// <summary>Creates the driver object of an image and its devices.</summary>
    /// <param name="plan">What it has.</param>
    /// <param name="image">Its image.</param>
    /// <param name="listEntry">Its entry in the list of modules.</param>
    public MachineDriver Create(DriverPlan plan, LabImage image, VirtualAddress listEntry)
    {
        var name = plan.Object ?? throw new ArgumentException("a library has no driver object", nameof(plan));
        var (directory, path) = plan.IsFileSystem ? (names.FileSystem, $@"\FileSystem\{name}") : (names.Driver, $@"\Driver\{name}");
        var size = LabStructure.SizeOf(context.Types, "_DRIVER_OBJECT");
        var body = objects.Create("Driver", size + LabStructure.SizeOf(context.Types, "_DRIVER_EXTENSION"), name, directory);
        var driver = context.At("_DRIVER_OBJECT", body);
        driver.Set("Type", DriverType).Set("Size", size).Set("Flags", LegacyDriver | Initialized).Set("DriverStart", image.Base).Set("DriverSize", image.Size)
            .Set("DriverSection", listEntry).Set("DriverExtension", body + size).Set("DriverInit", image.Base + image.EntryPoint)
            .Set("DriverUnload", image.Base + DriverImageWriter.Routine(2));
        context.WriteUnicodeString(driver.AddressOf("DriverName"), path);
        context.At("_DRIVER_EXTENSION", body + size).Set("DriverObject", body);
        WriteDispatchTable(driver, image);
        var devices = new List<string>();
        var previous = VirtualAddress.Zero;
        foreach (var device in plan.Devices)
        {
            previous = CreateDevice(body, device, previous);
            devices.Add($@"\Device\{device}");
        }

        driver.Set("DeviceObject", previous);
        return new MachineDriver(path, body, image, devices);
    }

    /// <summary>Puts the first device of one driver on top of that of another.</summary>
    public void Attach(MachineDriver upper, MachineDriver lower)
    {
        var (top, bottom) = (context.ReadPointer(context.At("_DRIVER_OBJECT", upper.Object).AddressOf("DeviceObject")), context.ReadPointer(context.At("_DRIVER_OBJECT", lower.Object).AddressOf("DeviceObject")));
        context.At("_DEVICE_OBJECT", bottom).Set("AttachedDevice", top);
        context.At("_DEVICE_OBJECT", top).Set("StackSize", 2);
        var extension = context.ReadPointer(context.At("_DEVICE_OBJECT", top).AddressOf("DeviceObjectExtension"));
        context.At("_DEVOBJ_EXTENSION", extension).Set("AttachedTo", bottom);
    }

    // Handlers in the driver's own image; what it does not handle leads to one routine of the kernel.
    private void WriteDispatchTable(LabStructure driver, LabImage image)
    {
        var unhandled = context.Kernel.TryGetAddress("IopInvalidDeviceRequest", out var known) ? known : context.Kernel.Base + context.Kernel.Services.RvaOf(3);
        var table = driver.AddressOf("MajorFunction");
        for (var major = 0u; major < MajorFunctions; major++)
        {
            var handler = major is 0 or 2 or DeviceIoControl or 3 or 4 ? image.Base + DriverImageWriter.Routine((int)major + 4) : unhandled;
            context.System.WritePointer(table + major * context.PointerSize, handler);
        }
    }

    private VirtualAddress CreateDevice(VirtualAddress driver, string name, VirtualAddress next)
    {
        var size = LabStructure.SizeOf(context.Types, "_DEVICE_OBJECT");
        var body = objects.Create("Device", size + LabStructure.SizeOf(context.Types, "_DEVOBJ_EXTENSION"), name, names.Device);
        context.At("_DEVICE_OBJECT", body).Set("Type", DeviceType).Set("Size", size).Set("ReferenceCount", 1).Set("DriverObject", driver).Set("NextDevice", next)
            .Set("DeviceType", UnknownDevice).Set("StackSize", 1).Set("DeviceObjectExtension", body + size);
        context.At("_DEVOBJ_EXTENSION", body + size).Set("DeviceObject", body).SetIfPresent("Type", 13);
        return body;
    }
}
