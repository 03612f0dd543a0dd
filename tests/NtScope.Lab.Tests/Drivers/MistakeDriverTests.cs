using System.Net;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class MistakeDriverTests
{
    [Theory]
    [InlineData(0, "pending-rule")]
    [InlineData(1, "irp-never-completed")]
    [InlineData(2, "bad-queue")]
    [InlineData(3, "callback-left", 5)]
    [InlineData(4, "bug-check-callback")]
    [InlineData(5, "bug-check-callback")]
    [InlineData(6, "shutdown-not-handled")]
    [InlineData(7, "bad-handle")]
    [InlineData(8, "bug-check")]
    [InlineData(9, "bug-check")]
    [InlineData(10, "bug-check")]
    [InlineData(11, "bad-pool-flags")]
    [InlineData(12, "callout-left")]
    [InlineData(12, "filter-left", 3)]
    [InlineData(12, "handle-leak")]
    [InlineData(13, "classify-rights")]
    [InlineData(14, "classify-action")]
    [InlineData(15, "flow-context-left")]
    [InlineData(16, "apc-left")]
    [InlineData(17, "bad-apc")]
    public void Each_mistake_is_found(int mistake, string kind, int times = 1)
    {
        using var machine = SampleDrivers.With("mistakes", out var driver, new LabMachineOptions { BlockBudget = 2_000_000, PoolQuota = 0x10000 });
        try
        {
            using (var device = machine.OpenDevice(@"\\.\Mistakes"))
            {
                device.BeginControl(0x80000000 | (0xB00u + (uint)mistake) << 2, new byte[16], 16);
            }

            _ = machine.Network.Connect(machine.Client, IPAddress.Parse("93.184.216.34"), 80);
            machine.Shutdown();
            driver.Unload();
        }
        catch (MachineStoppedException stopped)
        {
            stopped.Finding.ShouldBe(machine.Stopped);
        }

        machine.Findings.Where(finding => finding.Kind == kind).ShouldAllBe(finding => finding.Driver == driver.Name);
        machine.Findings.First(finding => finding.Kind == kind).ShouldExplain(driver);
        machine.Findings.Count(finding => finding.Kind == kind && finding.Driver == "mistakes.sys").ShouldBe(times, string.Join(Environment.NewLine, machine.Findings));
    }
}
