using NtScope.Kernel.Drivers;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Kernel;

public class DriverAnalyserTests
{
    private static readonly Module Disk = new() { Name = "disk", Path = "disk.sys", Base = new VirtualAddress(0xFFFFF800_20000000), Size = 0x10000 };
    private readonly FakeKernel _kernel = new();

    public DriverAnalyserTests() => _kernel.OtherModules.Add(Disk);

    [Fact]
    public void A_driver_has_its_module_its_dispatch_table_and_its_devices_with_what_is_attached()
    {
        var space = new FakeNamespace(_kernel);
        var disk = space.AddDriver("disk", Disk, Disk.Base!.Value + 0x100);
        space.SetDispatch(disk, 0, _kernel.Symbol("IopInvalidDeviceRequest"));
        var device = space.AddDevice(disk, "Harddisk0");
        var filter = space.AddDriver("partmgr", Disk, Disk.Base!.Value + 0x200);
        space.AddDevice(filter, null, below: device);

        var row = DriverAnalyser.Analyse(_kernel.ToTarget()).Rows.Single(candidate => candidate.Object == disk);

        row.Name.ShouldBe(@"\Driver\disk");
        row.Module.ShouldBe("disk");
        row.Findings.ShouldBeEmpty();
        row.Dispatch.Count.ShouldBe(28);
        row.Dispatch[0].ShouldSatisfyAllConditions(
            entry => entry.Function.ShouldBe("IRP_MJ_CREATE"),
            entry => entry.Symbol.ShouldBe("nt!IopInvalidDeviceRequest"));
        row.Dispatch[27].Module.ShouldBe("disk");
        row.Devices.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            entry => entry.Name.ShouldBe(@"\Device\Harddisk0"),
            entry => entry.Stack.ShouldBe([@"\Driver\partmgr"]));
    }

    [Fact]
    public void A_dispatch_routine_outside_modules_is_found()
    {
        var space = new FakeNamespace(_kernel);
        var disk = space.AddDriver("disk", Disk, Disk.Base!.Value + 0x100);
        space.SetDispatch(disk, 3, new VirtualAddress(0xFFFFF880_00001000));

        var row = DriverAnalyser.Analyse(_kernel.ToTarget()).Rows.ShouldHaveSingleItem();

        row.Findings.ShouldHaveSingleItem().Kind.ShouldBe("dispatch-outside-modules");
        row.Dispatch.Where(entry => entry.Findings.Count > 0).ShouldHaveSingleItem().Function.ShouldBe("IRP_MJ_READ");
    }

    [Fact]
    public void A_cyclic_list_of_devices_ends_and_is_found()
    {
        var space = new FakeNamespace(_kernel);
        var disk = space.AddDriver("disk", Disk, Disk.Base!.Value + 0x100);
        var device = space.AddDevice(disk, "Harddisk0");
        _kernel.WritePointer(device + _kernel.OffsetOf("_DEVICE_OBJECT", "NextDevice"), device);

        DriverAnalyser.Analyse(_kernel.ToTarget()).Rows.ShouldHaveSingleItem().Findings.ShouldHaveSingleItem().Kind.ShouldBe("device-list-cyclic");
    }
}
