using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class BrokenDriverTests
{
    private const uint Misbehave = 0x80002003;

    [Theory]
    [InlineData(1, "irql", false)]
    [InlineData(2, "irql-changed", false)]
    [InlineData(3, "paged-pool-at-dispatch", true)]
    [InlineData(4, "pageable-code", true)]
    [InlineData(5, "pool-leak", false)]
    [InlineData(6, "double-free", true)]
    [InlineData(7, "use-after-free", true)]
    [InlineData(8, "pool-overrun", true)]
    [InlineData(9, "lock-held", false)]
    [InlineData(10, "irp-completed-twice", true)]
    [InlineData(11, "irp-never-completed", false)]
    [InlineData(12, "pending-rule", true)]
    [InlineData(13, "blocking", true)]
    [InlineData(14, "unprobed-user-buffer", false)]
    [InlineData(15, "bug-check", true)]
    [InlineData(16, "handle-leak", false)]
    [InlineData(16, "object-leak", false)]
    [InlineData(17, "device-left", false)]
    [InlineData(18, "callback-left", false)]
    [InlineData(19, "unimplemented", true)]
    [InlineData(20, "budget", true)]
    [InlineData(21, "deadlock", true)]
    [InlineData(22, "bug-check", true)]
    [InlineData(23, "bug-check", true)]
    [InlineData(24, "spin-deadlock", true)]
    [InlineData(25, "bug-check", true)]
    [InlineData(26, "bad-handle", false)]
    [InlineData(27, "wrong-tag", false)]
    [InlineData(28, "bug-check", true)]
    [InlineData(29, "information-too-large", false)]
    [InlineData(30, "recursion", true)]
    [InlineData(31, "irp-used-after-completion", true)]
    public void Each_mistake_is_found(int bug, string kind, bool stops)
    {
        using var machine = Run(bug, out var driver);
        machine.Findings.ShouldContain(finding => finding.Kind == kind, string.Join(Environment.NewLine, machine.Findings));
        (machine.Stopped is not null).ShouldBe(stops, machine.Stopped?.ToString());
        var finding = machine.Findings.First(finding => finding.Kind == kind);
        finding.ShouldExplain(driver);
        if (stops)
        {
            Should.Throw<MachineStoppedException>(() => machine.StartProcess(@"C:\a.exe")).Finding.ShouldBe(machine.Stopped);
        }
    }

    [Fact]
    public void The_driver_without_a_mistake_has_no_finding()
    {
        using var machine = Run(0, out _);
        machine.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_finding_names_the_driver_the_routine_and_the_stack()
    {
        using var machine = Run(8, out _);
        var finding = machine.Findings[0];
        finding.Detail.ShouldContain("1 bytes at offset 0x64 of an allocation of 0x64 bytes with tag 'Brok'");
        finding.Driver.ShouldBe("broken8.sys");
        finding.Stack[0].ShouldStartWith("broken8!Touch");
        finding.Stack[1].ShouldStartWith("broken8!");
        finding.Stack.ShouldContain(frame => frame.StartsWith("broken8!Control", StringComparison.Ordinal) || frame.StartsWith("broken8!Misbehave", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(5, "pool-leak")]
    [InlineData(16, "object-leak")]
    [InlineData(17, "device-left")]
    [InlineData(18, "callback-left")]
    public void A_driver_that_is_loaded_again_is_judged_again(int bug, string kind)
    {
        using var machine = new LabMachine();
        for (var load = 1; load <= 3; load++)
        {
            var driver = machine.LoadDriver(SampleDrivers.PathOf($"broken{bug}"));
            using (var device = machine.OpenDevice(@"\\.\Broken"))
            {
                device.Control(Misbehave, new byte[16], 16).Status.ShouldBe(NtStatus.Success);
            }

            driver.Unload().Findings.Count(finding => finding.Kind == kind).ShouldBe(1);
            machine.Findings.Count(finding => finding.Kind == kind).ShouldBe(load);
        }
    }

    [Fact]
    public void What_is_left_behind_has_the_stack_of_the_call_that_made_it()
    {
        using var machine = Run(5, out _);
        var finding = machine.Findings.Single();
        finding.Routine.ShouldBe("ExAllocatePool2");
        finding.Stack[0].ShouldBe("nt!ExAllocatePool2");
        finding.Stack[1].ShouldStartWith("broken5!");
    }

    [Fact]
    public void A_bug_check_carries_its_code_and_parameters()
    {
        using var machine = Run(28, out _);
        machine.Stopped!.Detail.ShouldStartWith("bug check 0x50 (PageFaultInNonpagedArea) with 0xffff900000000000, 0x1, ");
    }

    [Fact]
    public void A_missing_routine_can_be_given_a_value()
    {
        var options = new LabMachineOptions { ScriptedReturns = new Dictionary<string, ulong>(StringComparer.Ordinal) { ["NotInTheExecutive"] = 0 } };
        using var machine = SampleDrivers.With("broken19", out var driver, options);
        driver.UnimplementedImports.ShouldBe(["NotInTheExecutive"]);
        using (var device = machine.OpenDevice(@"\\.\Broken"))
        {
            device.Control(Misbehave).Status.ShouldBe(NtStatus.Success);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Each_failure_of_an_allocation_is_survived_by_the_samples()
    {
        foreach (var name in new[] { "zero", "procmon", "procblock", "protector", "regmon", "delprotect", "backup", "mechanisms" })
        {
            for (var call = 1; call <= 12; call++)
            {
                var options = new LabMachineOptions { FaultInjection = new FaultInjection { FailCall = call } };
                using var machine = SampleDrivers.With(name, out var driver, options);
                machine.StartProcess(@"C:\a.exe").Exit();
                machine.Files.Write(@"C:\data\x", [1]);
                machine.Files.Delete(@"C:\data\x");
                if ((int)driver.Status >= 0)
                {
                    driver.Unload();
                }

                machine.Findings.ShouldBeEmpty($"{name} with call {call} failing");
            }
        }
    }

    private static LabMachine Run(int bug, out LabDriver driver)
    {
        var machine = SampleDrivers.With($"broken{bug}", out driver, new LabMachineOptions { BlockBudget = 500_000 });
        driver.Status.ShouldBe(NtStatus.Success);
        try
        {
            using (var device = machine.OpenDevice(@"\\.\Broken"))
            {
                device.OpenStatus.ShouldBe(NtStatus.Success);
                device.Control(Misbehave, new byte[16], 16);
            }

            driver.Unload();
        }
        catch (MachineStoppedException stopped)
        {
            stopped.Finding.ShouldBe(machine.Stopped);
        }

        return machine;
    }
}
