using System.Buffers.Binary;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class ZeroDriverTests
{
    private const uint GetStatistics = 0x80002000;
    private const uint ClearStatistics = 0x8000A007;

    [Fact]
    public void A_read_gives_zeros()
    {
        using var machine = SampleDrivers.With("zero", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        using var device = machine.OpenDevice(@"\\.\Zero");
        device.OpenStatus.ShouldBe(NtStatus.Success);
        var read = device.Read(64);
        read.Status.ShouldBe(NtStatus.Success);
        read.Output.ShouldBe(new byte[64]);
        device.Read(0).Status.ShouldBe(NtStatus.InvalidBufferSize);
    }

    [Fact]
    public void A_control_code_tells_how_many_bytes_went_each_way()
    {
        using var machine = SampleDrivers.With("zero", out _);
        using var device = machine.OpenDevice(@"\\.\Zero");
        device.Read(5000).Output.Length.ShouldBe(5000);
        device.Write(new byte[1234]).Information.ShouldBe(1234UL);
        var statistics = device.Control(GetStatistics, outputLength: 16);
        BinaryPrimitives.ReadInt64LittleEndian(statistics.Output).ShouldBe(5000);
        BinaryPrimitives.ReadInt64LittleEndian(statistics.Output.AsSpan(8)).ShouldBe(1234);
        device.Control(ClearStatistics).Status.ShouldBe(NtStatus.Success);
        device.Control(GetStatistics, outputLength: 16).Output.ShouldBe(new byte[16]);
        device.Control(GetStatistics, outputLength: 15).Status.ShouldBe(NtStatus.BufferTooSmall);
        device.Control(0x80002020).Status.ShouldBe(NtStatus.InvalidDeviceRequest);
    }

    [Fact]
    public void It_unloads_and_leaves_nothing_behind()
    {
        using var machine = SampleDrivers.With("zero", out var driver);
        driver.Devices.ShouldBe([@"\Device\Zero"]);
        using (var device = machine.OpenDevice(@"\\.\Zero"))
        {
            device.Read(1).Succeeded.ShouldBeTrue();
        }

        var report = driver.Unload();
        report.Status.ShouldBe(NtStatus.Success);
        report.Findings.ShouldBeEmpty();
        machine.DebugOutput.ShouldBe([@"zero: loaded from \REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\zero", "zero: unloaded"]);
        using var gone = machine.OpenDevice(@"\\.\Zero");
        gone.OpenStatus.ShouldBe(NtStatus.ObjectNameNotFound);
    }

    [Fact]
    public void A_module_whose_name_only_begins_like_the_kernels_is_another()
    {
        var bytes = File.ReadAllBytes(SampleDrivers.PathOf("zero"));
        "halsomething"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("ntoskrnl.exe"u8)));
        using var machine = new LabMachine();
        Should.Throw<MachineStoppedException>(() => machine.LoadDriver(bytes, "zero.sys")).Finding.Detail.ShouldContain("halsomething!IoCreateDevice");
    }

    [Fact]
    public void A_device_that_is_still_open_when_its_driver_goes_can_be_closed()
    {
        using var machine = SampleDrivers.With("zero", out var driver);
        using (machine.OpenDevice(driver.Devices[0]))
        {
            driver.Unload();
        }

        machine.Stopped.ShouldBeNull();
    }
}
