using NtScope.Lab.Drivers;
using NtScope.Testing.Images;

namespace NtScope.Lab.Tests.Drivers;

public sealed class HostileDriverTests
{
    [Fact]
    public void Random_control_codes_are_survived()
    {
        var random = new Random(11);
        foreach (var name in new[] { "zero", "procblock", "protector" })
        {
            using var machine = SampleDrivers.With(name, out var driver);
            using (var device = machine.OpenDevice(driver.Devices[0]))
            {
                for (var round = 0; round < 100; round++)
                {
                    var input = new byte[random.Next(100)];
                    random.NextBytes(input);
                    device.Control(0x80000000 | (uint)random.Next(0x4000), input, random.Next(100));
                }
            }

            driver.Unload().Findings.ShouldBeEmpty();
        }
    }

    [Fact]
    public void What_is_no_driver_is_refused_with_a_reason()
    {
        using var machine = new LabMachine();
        Should.Throw<InputException>(() => machine.LoadDriver(new byte[100], "zeros.sys")).Message.ShouldStartWith("zeros.sys: ");
        Should.Throw<InputException>(() => machine.LoadDriver(Path.Combine(Path.GetTempPath(), "no such file.sys")));
    }

    [Theory]
    [InlineData(0, "irp-never-completed")]
    [InlineData(2, "pool-overrun")]
    [InlineData(4, "budget")]
    [InlineData(5, "bug-check")]
    [InlineData(6, "budget")]
    [InlineData(7, "budget")]
    [InlineData(8, "budget")]
    [InlineData(9, "budget")]
    [InlineData(10, "budget")]
    [InlineData(11, "bad-table")]
    [InlineData(12, "bad-table")]
    [InlineData(15, "bug-check")]
    [InlineData(16, "bug-check")]
    public void Work_without_end_and_destroyed_structures_stop_the_machine(int mistake, string kind)
    {
        using var machine = SampleDrivers.With("hostile", out _, new LabMachineOptions { BlockBudget = 20_000_000 });
        using var device = machine.OpenDevice(@"\\.\Hostile");
        var stopped = Should.Throw<MachineStoppedException>(() => device.Control(CodeOf(mistake)));
        machine.Findings.ShouldContain(finding => finding.Kind == kind && finding.Driver == "hostile.sys", string.Join(Environment.NewLine, machine.Findings));
        stopped.InnerException.ShouldBeNull();
    }

    [Theory]
    [InlineData(3, NtStatus.InsufficientResources)]
    [InlineData(13, NtStatus.Success)]
    [InlineData(14, NtStatus.NoMemory)]
    [InlineData(17, NtStatus.Success)]
    [InlineData(18, NtStatus.Success)]
    public void What_a_driver_uses_without_end_has_a_bound_or_comes_back(int mistake, NtStatus status)
    {
        using var machine = SampleDrivers.With("hostile", out _);
        using var device = machine.OpenDevice(@"\\.\Hostile");
        for (var round = 0; round < (mistake == 18 ? 10 : 1); round++)
        {
            device.Control(CodeOf(mistake)).Status.ShouldBe(status);
        }

        machine.Stopped.ShouldBeNull();
    }

    [Fact]
    public void A_timer_that_sets_itself_again_at_once_ends_with_the_budget_of_a_second()
    {
        using var machine = SampleDrivers.With("hostile", out _, new LabMachineOptions { BlockBudget = 5_000_000 });
        using var device = machine.OpenDevice(@"\\.\Hostile");
        device.Control(CodeOf(1)).Status.ShouldBe(NtStatus.Success);
        Should.Throw<MachineStoppedException>(() => machine.Advance(TimeSpan.FromDays(1))).Finding.Kind.ShouldBe("budget");
    }

    [Fact]
    public void A_timer_may_run_for_days_of_the_machines_time()
    {
        using var machine = SampleDrivers.With("mechanisms", out var driver, new LabMachineOptions { BlockBudget = 200_000 });
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            device.Control(CodeOf(1));
            machine.Advance(TimeSpan.FromMinutes(10));
            BitConverter.ToUInt32(device.Control(CodeOf(2), new byte[8], 8).Output).ShouldBe(60_000u);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Text_without_a_line_end_is_cut_into_lines()
    {
        using var machine = SampleDrivers.With("hostile", out _, new LabMachineOptions { BlockBudget = 1_000_000 });
        using var device = machine.OpenDevice(@"\\.\Hostile");
        Should.Throw<MachineStoppedException>(() => device.Control(CodeOf(4)));
        machine.DebugOutput.Count.ShouldBeGreaterThan(10);
        machine.DebugOutput.ShouldAllBe(line => line.Length == 8192);
    }

    [Fact]
    public void More_imports_than_the_kernels_image_has_room_for_are_refused()
    {
        using var machine = new LabMachine();
        var builder = new PeImageBuilder(ProcessorArchitecture.X64) { ImportRva = 0x10_0000 };
        builder.EntryPoint = builder.AddSection(".text", [0xC3], executable: true);
        builder.Import("ntoskrnl.exe", [.. Enumerable.Range(0, 20_000).Select(number => $"NtNoSuchRoutine{number}")]);
        var image = builder.Build();
        Should.Throw<InputException>(() => machine.LoadDriver(image, "imports.sys")).Message.ShouldStartWith("imports.sys: its imports do not fit");
    }

    private static uint CodeOf(int mistake) => 0x80000000 | (0xB00u + (uint)mistake) << 2;
}
