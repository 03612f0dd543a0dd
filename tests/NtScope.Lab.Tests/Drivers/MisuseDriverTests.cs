using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class MisuseDriverTests
{
    [Theory]
    [InlineData(0, "bad-irp", "2 stack locations")]
    [InlineData(1, "irp-not-reclaimed", "STATUS_MORE_PROCESSING_REQUIRED")]
    [InlineData(2, "bug-check", "0xC (MaximumWaitObjectsExceeded)")]
    [InlineData(3, "bad-work-item", "queued a second time")]
    [InlineData(4, "bad-work-item", "freed before")]
    [InlineData(5, "lock-not-held", "section .text is unlocked")]
    [InlineData(6, "pageable-code", "IRQL 2")]
    [InlineData(7, "bug-check", "0xEF (CriticalProcessDied)")]
    [InlineData(8, "unimplemented", "ZwQueryInformationProcess has no class 47")]
    [InlineData(9, "irql", "converts wide text at IRQL 2")]
    [InlineData(10, "wrong-process", "of another process")]
    [InlineData(11, "bug-check", "(AttemptedWriteToReadOnlyMemory)")]
    [InlineData(12, "bug-check", "section INIT is discarded when DriverEntry has returned")]
    public void Each_misuse_is_found_with_its_place(int misuse, string kind, string detail)
    {
        using var machine = SampleDrivers.With("misuses", out var driver);
        try
        {
            using var device = machine.OpenDevice(@"\\.\Misuses");
            device.Control(0x80000003 | (0xB00u + (uint)misuse) << 2, [1]).Succeeded.ShouldBeTrue();
        }
        catch (MachineStoppedException stopped)
        {
            stopped.Finding.ShouldBe(machine.Stopped);
        }

        var finding = machine.Findings.FirstOrDefault(found => found.Kind == kind && found.Detail.Contains(detail, StringComparison.Ordinal))
            .ShouldNotBeNull(string.Join(Environment.NewLine, machine.Findings));
        finding.Driver.ShouldBe("misuses.sys");
        finding.Stack.ShouldContain(frame => frame.StartsWith("misuses!", StringComparison.Ordinal));
    }
}
