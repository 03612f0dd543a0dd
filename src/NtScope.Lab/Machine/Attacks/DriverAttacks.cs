using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Attacks on driver objects and their devices.</summary>
internal sealed class DriverAttacks(MachineContext context, ForeignCode code, IReadOnlyList<MachineDriver> drivers)
{
    private const int DeviceControl = 14;
    private const int HeaderRoom = 0x100;

    /// <summary>Leads what a driver does on device control requests to foreign code.</summary>
    public PlantedTrace DivertDispatch(string path)
    {
        var target = code.Add();
        var entry = StructureOf(path).AddressOf("MajorFunction") + DeviceControl * context.PointerSize;
        context.System.WritePointer(entry, target);
        return new PlantedTrace(LabAttack.ForeignDispatch, path, entry, target);
    }

    /// <summary>Gives a driver's device to a copy of the driver object, whose dispatch table is then free to be changed; no list shows it.</summary>
    public PlantedTrace HijackDevice(string path)
    {
        var driver = StructureOf(path);
        var device = context.ReadPointer(driver.AddressOf("DeviceObject"));
        var copy = context.NonPagedPool.Allocate(HeaderRoom + (int)driver.Size, PoolTag.Of("Mdl ")) + HeaderRoom;
        context.System.Write(copy, context.System.Span(driver.Address, (int)driver.Size));
        context.At("_DEVICE_OBJECT", device).Set("DriverObject", copy);
        context.System.WritePointer(context.At("_DRIVER_OBJECT", copy).AddressOf("MajorFunction") + DeviceControl * context.PointerSize, code.Add());
        return new PlantedTrace(LabAttack.ForeignDevice, path, device, copy);
    }

    private LabStructure StructureOf(string path) => context.At("_DRIVER_OBJECT", drivers.First(driver => driver.Path == path).Object);
}
