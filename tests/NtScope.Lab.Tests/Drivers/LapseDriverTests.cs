using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class LapseDriverTests
{
    [Theory]
    [InlineData(0, "use-after-free")]
    [InlineData(1, "use-after-free")]
    [InlineData(2, "use-after-free")]
    [InlineData(3, "freed-in-use")]
    [InlineData(4, "pool-overrun")]
    [InlineData(5, "pool-overrun")]
    [InlineData(6, "use-after-free")]
    [InlineData(7, "paged-pool-at-dispatch")]
    [InlineData(8, "port-left")]
    [InlineData(9, "device-initializing")]
    [InlineData(10, "bad-table")]
    [InlineData(11, "wild-jump")]
    [InlineData(12, "interrupt")]
    [InlineData(13, "memory")]
    [InlineData(14, "mdl-leak")]
    [InlineData(15, "mdl-locked")]
    [InlineData(16, "mdl-not-locked")]
    [InlineData(17, "irp-leak")]
    [InlineData(18, "irp-leak")]
    [InlineData(19, "irp-never-completed")]
    [InlineData(20, "blocking")]
    [InlineData(21, "irql", 2)]
    [InlineData(22, "lock-held")]
    [InlineData(22, "apc-disabled")]
    [InlineData(23, "spin-deadlock")]
    [InlineData(24, "timer-left")]
    [InlineData(25, "bad-reference")]
    [InlineData(26, "pool-overrun")]
    [InlineData(27, "assertion")]
    public void Each_mistake_is_found(int mistake, string kind, int times = 1)
    {
        using var machine = SampleDrivers.With("lapses", out var driver, new LabMachineOptions { BlockBudget = 5_000_000, MemoryBytes = mistake == 13 ? 64UL << 20 : 512UL << 20 });
        Commit(machine, driver, mistake);
        machine.Findings.Count(finding => finding.Kind == kind).ShouldBe(times, string.Join(Environment.NewLine, machine.Findings));
        machine.Findings.First(finding => finding.Kind == kind).ShouldExplain(driver);
        machine.Findings.ShouldAllBe(finding => finding.Driver == driver.Name);
    }

    [Theory]
    [InlineData(0, "KeSetEvent reads ")]
    [InlineData(1, "KeSetTimer ")]
    [InlineData(2, "ExAcquireFastMutex reads ")]
    public void What_the_executive_comes_upon_in_freed_memory_names_who_called_and_who_freed(int mistake, string detail)
    {
        using var machine = SampleDrivers.With("lapses", out var driver);
        Commit(machine, driver, mistake);
        machine.Findings[0].Detail.ShouldStartWith(detail);
        machine.Findings[0].Detail.ShouldContain("; lapses!");
        machine.Findings[0].Stack[0].ShouldBe("nt!" + machine.Findings[0].Routine);
    }

    [Fact]
    public void Who_waits_for_a_request_that_nobody_completes_learns_which_driver_has_it()
    {
        using var machine = SampleDrivers.With("lapses", out var driver);
        using var device = machine.OpenDevice(@"\\.\Lapses");
        var finding = Should.Throw<MachineStoppedException>(() => device.Control(CodeOf(19))).Finding;
        finding.Kind.ShouldBe("irp-never-completed");
        finding.ShouldExplain(driver);
    }

    [Fact]
    public void A_driver_that_leaves_and_comes_back_is_judged_each_time()
    {
        using var machine = new LabMachine();
        for (var load = 1; load <= 2; load++)
        {
            var driver = machine.LoadDriver(SampleDrivers.PathOf("lapses"));
            using (var device = machine.OpenDevice(@"\\.\Lapses"))
            {
                device.Control(CodeOf(24)).Status.ShouldBe(NtStatus.Success);
                device.Control(CodeOf(8)).Status.ShouldBe(NtStatus.Success);
            }

            driver.Unload().Findings.Select(finding => finding.Kind).Order(StringComparer.Ordinal).ShouldBe(["port-left", "timer-left"]);
            machine.Advance(TimeSpan.FromMinutes(1));
            machine.ConnectPort(@"\LapsesPort").ConnectStatus.ShouldBe(NtStatus.ObjectNameNotFound);
        }
    }

    private static uint CodeOf(int mistake) => 0x80000000 | (0xB00u + (uint)mistake) << 2;

    private static void Commit(LabMachine machine, LabDriver driver, int mistake)
    {
        try
        {
            using (var device = machine.OpenDevice(@"\\.\Lapses"))
            {
                device.BeginControl(CodeOf(mistake), new byte[16], 16);
            }

            if (mistake == 9)
            {
                machine.OpenDevice(@"\Device\Late").OpenStatus.ShouldBe(NtStatus.NoSuchDevice);
            }

            driver.Unload();
        }
        catch (MachineStoppedException stopped)
        {
            stopped.Finding.ShouldBe(machine.Stopped);
        }
    }
}
