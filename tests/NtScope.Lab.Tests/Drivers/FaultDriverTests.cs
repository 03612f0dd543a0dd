using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class FaultDriverTests
{
    private const uint MethodNeither = 3;

    [Theory]
    [InlineData(0, "apc-disabled")]
    [InlineData(1, "bad-free")]
    [InlineData(2, "zero-bytes")]
    [InlineData(3, "bad-pool-flags")]
    [InlineData(4, "bad-irp")]
    [InlineData(5, "cancel-routine")]
    [InlineData(6, "mdl-not-locked")]
    [InlineData(7, "recursive-lock")]
    [InlineData(8, "lock-not-held")]
    [InlineData(9, "bad-lock")]
    [InlineData(10, "apc-enabled")]
    [InlineData(11, "livelock")]
    [InlineData(12, "symbolic-link-left")]
    [InlineData(13, "thread-left")]
    [InlineData(14, "timer-left")]
    [InlineData(15, "wrong-process")]
    [InlineData(16, "attached")]
    [InlineData(17, "view-left")]
    [InlineData(18, "callback-left", 3)]
    [InlineData(19, "pool-overrun")]
    [InlineData(20, "threads")]
    [InlineData(21, "handles")]
    [InlineData(22, "irql")]
    [InlineData(23, "bad-object")]
    [InlineData(24, "pending-rule")]
    [InlineData(25, "irql")]
    [InlineData(26, "blocking")]
    [InlineData(27, "budget")]
    [InlineData(28, "bug-check")]
    [InlineData(29, "bug-check")]
    public void Each_mistake_is_found(int mistake, string kind, int times = 1)
    {
        using var machine = SampleDrivers.With("faults", out var driver, new LabMachineOptions { BlockBudget = 2_000_000 });
        try
        {
            using (var device = machine.OpenDevice(@"\\.\Faults"))
            {
                device.Control(0x80000000 | (0xB00u + (uint)mistake) << 2 | (mistake == 15 ? MethodNeither : 0), new byte[16], 16);
            }

            driver.Unload();
        }
        catch (MachineStoppedException stopped)
        {
            stopped.Finding.ShouldBe(machine.Stopped);
        }

        machine.Findings.Count(finding => finding.Kind == kind).ShouldBe(times, string.Join(Environment.NewLine, machine.Findings));
        foreach (var finding in machine.Findings)
        {
            finding.ShouldExplain(driver);
        }
    }

    [Fact]
    public void Each_call_that_can_fail_does_so_once_when_runs_share_what_was_tried()
    {
        var tried = new HashSet<string>(StringComparer.Ordinal);
        var failed = new List<string>();
        while (true)
        {
            using var machine = SampleDrivers.With("zero", out var driver, new LabMachineOptions { FaultInjection = new FaultInjection { TriedStacks = tried } });
            if (machine.FailedCall.Count == 0)
            {
                driver.Status.ShouldBe(NtStatus.Success);
                break;
            }

            driver.Status.ShouldBe(NtStatus.InsufficientResources);
            failed.Add(machine.FailedCall[0]);
            machine.FailedCall[1].ShouldStartWith("zero!DriverEntry");
        }

        failed.ShouldBe(["nt!IoCreateDevice", "nt!IoCreateSymbolicLink"]);
    }
}
