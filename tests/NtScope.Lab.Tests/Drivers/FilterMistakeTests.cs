using System.Text;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class FilterMistakeTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("precious");

    [Theory]
    [InlineData(0, "parameters-not-dirty")]
    [InlineData(1, "bad-filter-status")]
    [InlineData(2, "bad-filter-status")]
    [InlineData(3, "object-leak")]
    [InlineData(4, "pool-leak")]
    [InlineData(5, "bad-object")]
    [InlineData(6, "create-not-cancelled")]
    [InlineData(7, "use-after-free")]
    [InlineData(8, "unimplemented")]
    [InlineData(9, "wrong-process")]
    [InlineData(10, "irql")]
    [InlineData(11, "bad-filter-status")]
    [InlineData(12, "paged-pool-at-dispatch")]
    public void Each_mistake_is_found(int mistake, string kind)
    {
        using var machine = SampleDrivers.With("filtermistakes", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        machine.Files.CompletesInDpc = mistake is 9 or 10 or 12;
        try
        {
            machine.Files.Write($@"C:\mistakes\{mistake}", Content);
            machine.Files.Read($@"C:\mistakes\{mistake}");
            driver.Unload();
        }
        catch (MachineStoppedException stopped)
        {
            stopped.Finding.ShouldBe(machine.Stopped);
        }

        machine.Findings.Count(finding => finding.Kind == kind && finding.Driver == "filtermistakes.sys").ShouldBe(1, string.Join(Environment.NewLine, machine.Findings));
    }

    [Fact]
    public void Without_a_mistake_nothing_is_found()
    {
        using var machine = SampleDrivers.With("filtermistakes", out var driver);
        machine.Files.CompletesInDpc = true;
        machine.Files.Write(@"C:\other\9", Content).ShouldBe(NtStatus.Success);
        machine.Files.Read(@"C:\other\9").Output.ShouldBe(Content);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Parameters_that_are_changed_without_a_word_are_not_used()
    {
        using var machine = SampleDrivers.With("filtermistakes", out _);
        machine.Files.Write(@"C:\mistakes\0", Content).ShouldBe(NtStatus.Success);
        machine.Files.Read(@"C:\mistakes\0").Output.ShouldBe(Content);
    }

    [Fact]
    public void A_clients_port_that_is_not_closed_is_found()
    {
        using var machine = SampleDrivers.With("filtermistakes", out var driver);
        using (var port = machine.ConnectPort(@"\MistakesPort"))
        {
            port.ConnectStatus.ShouldBe(NtStatus.Success);
        }

        driver.Unload().Findings.ShouldHaveSingleItem().Kind.ShouldBe("port-left");
    }

    [Fact]
    public void A_minifilter_whose_instances_have_no_altitude_cannot_be_registered()
    {
        using var machine = new LabMachine();
        machine.Registry.CreateKey(@"HKLM\SYSTEM\CurrentControlSet\Services\fsfilter\Instances\Main").ShouldBe(NtStatus.Success);
        machine.LoadDriver(SampleDrivers.PathOf("fsfilter")).Status.ShouldBe(NtStatus.ObjectNameNotFound);
        machine.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Deleting_a_stream_leaves_the_file()
    {
        using var machine = new LabMachine();
        machine.Files.Write(@"C:\a.txt", Content);
        machine.Files.Write(@"C:\a.txt:note", Content);
        machine.Files.Write(@"C:\a.txt:other", Content);
        machine.Files.Delete(@"C:\a.txt:note").ShouldBe(NtStatus.Success);
        machine.Files.Streams(@"C:\a.txt").ShouldBe(["other"]);
        machine.Files.DeleteOnClose(@"C:\a.txt:other").ShouldBe(NtStatus.Success);
        machine.Files.Read(@"C:\a.txt").Output.ShouldBe(Content);
        machine.Files.Delete(@"C:\a.txt").ShouldBe(NtStatus.Success);
        machine.Files.Exists(@"C:\a.txt").ShouldBeFalse();
    }
}
