using System.Text.Json;
using NtScope.Images;
using NtScope.Testing;

namespace NtScope.Cli.Tests;

public sealed class LabTests
{
    [Fact]
    public void A_driver_is_loaded_asked_and_unloaded()
    {
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf("zero"), "--read", "16", "--ioctl", "0x80002000::16");
        outcome.ExitCode.ShouldBe(0);
        outcome.Output.ShouldContain("DriverEntry returned Success (0x00000000)");
        outcome.Output.ShouldContain("  0000  10000000000000000000000000000000  ................");
        outcome.Output.ShouldEndWith("16 calls, 0 findings" + Environment.NewLine);
        outcome.Error.ShouldBeEmpty();
    }

    [Fact]
    public void Findings_come_as_a_report_too()
    {
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf("broken8"), "--ioctl", "0x222000", "--format", "json");
        outcome.ExitCode.ShouldBe(1);
        using var document = JsonDocument.Parse(outcome.Output);
        document.RootElement.GetProperty("schema").GetString().ShouldBe("ntscope.lab-run/1");
        var rows = document.RootElement.GetProperty("rows");
        rows[0].GetProperty("kind").GetString().ShouldBe("pool-overrun");
        rows[0].GetProperty("stack")[0].GetString()!.ShouldStartWith("broken8!Touch");
    }

    [Fact]
    public void Files_are_exercised_under_a_minifilter()
    {
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf("delprotect"), "--fs", "--directory", @"C:\keep");
        outcome.ExitCode.ShouldBe(0);
        outcome.Output.Split("AccessDenied (0xC0000022)").Length.ShouldBe(5);
        outcome.Output.ShouldContain($"a.txt{Environment.NewLine}c.txt{Environment.NewLine}d.txt");
    }

    [Fact]
    public void Each_call_fails_in_turn()
    {
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf("zero"), "--fail-each");
        outcome.ExitCode.ShouldBe(0);
        outcome.Output.ShouldContain("2 calls, told apart by their stacks, failed in turn; nothing was found.");
    }

    [Fact]
    public void An_emulator_that_dies_is_a_finding()
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(CompiledDrivers.PathOf("zero"));
        var image = PeImage.FromBytes(bytes, "zero.sys");
        var section = image.SectionAt(image.EntryPoint)!;

        // A far jump to a register is no instruction; Unicorn 2.0.1 aborts when it translates it.
        (bytes[image.EntryPoint - section.Rva + section.FileOffset], bytes[image.EntryPoint - section.Rva + section.FileOffset + 1]) = (0xFF, 0xEB);
        var path = folder.File("damaged.sys");
        File.WriteAllBytes(path, bytes);
        var outcome = NtScopeProcess.Run("lab", "run", path);
        outcome.ExitCode.ShouldBe(1);
        outcome.Output.ShouldMatch("^(emulator|.*bug-check): ");
    }

    [Theory]
    [InlineData("nothing.sys", "nothing.sys: there is no such file")]
    [InlineData("text.sys", "this is not a Windows image")]
    public void What_cannot_be_loaded_is_one_line(string name, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("text.sys"), "text");
        var outcome = NtScopeProcess.Run("lab", "run", folder.File(name));
        outcome.ExitCode.ShouldBe(2);
        outcome.Output.ShouldBeEmpty();
        outcome.Error.Trim().ShouldEndWith(reason);
        outcome.Error.Trim().ShouldNotContain('\n');
    }
}
