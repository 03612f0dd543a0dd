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

    [Theory]
    [InlineData("zero", "  0000  10000000000000000800000000000000  ................")]
    [InlineData("procmon", "Success (0x00000000), information 498")]
    [InlineData("procblock", "denied: AccessDenied (0xC0000022)", @"dbg> procblock: process 124 (\??\C:\Users\x\evil.exe) is not allowed", "process 148", "process 184")]
    [InlineData("protector", "> kill vault.exe", "AccessDenied (0xC0000022)", "> kill vault.exe", "Success (0x00000000)")]
    [InlineData("regmon", @"dbg> regmon: process 76 may not set \REGISTRY\MACHINE\SOFTWARE\Protected\Key (12 bytes)")]
    [InlineData("delprotect", "AccessDenied (0xC0000022)", "AccessDenied (0xC0000022)", "AccessDenied (0xC0000022)", "AccessDenied (0xC0000022)", "a.pdf")]
    [InlineData("backup", "report.doc", "  0000  7365636f6e64                      second")]
    [InlineData("kmdfzero", "  0000  10000000000000000800000000000000  ................")]
    [InlineData("kmdfclock", "dbg> kmdfclock: power from 5", "  0000  02000000                          ....", "dbg> kmdfclock: hardware is released")]
    public void The_scenario_of_each_lab_plays(string driver, params string[] lines)
    {
        var scenario = Path.Combine(Facts.ProjectRoot, "samples", "drivers", "scenarios", driver + ".json");
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf(driver), "--scenario", scenario);
        outcome.ExitCode.ShouldBe(0, outcome.Error);
        var said = outcome.Output.Split(Environment.NewLine);
        var at = 0;
        foreach (var line in lines)
        {
            at = Array.IndexOf(said, line, at) + 1;
            at.ShouldBeGreaterThan(0, $"'{line}' is missing from:\n{outcome.Output}");
        }

        said[^2].ShouldEndWith(" 0 findings");
    }

    [Fact]
    public void A_scenario_that_names_no_process_says_so()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("kill.json"), """["kill nobody.exe"]""");
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf("zero"), "--scenario", folder.File("kill.json"));
        outcome.ExitCode.ShouldBe(2);
        outcome.Output.ShouldContain("nobody.exe: there is no such process; 'ps' lists them");
    }

    [Fact]
    public void A_machine_that_ran_drivers_is_captured_and_its_minifilter_seen()
    {
        using var folder = new TemporaryFolder();
        var driver = CompiledDrivers.PathOf("delprotect");
        NtScopeProcess.Run("lab", "capture", folder.File("ran.dmp"), "--drivers", driver).ExitCode.ShouldBe(0);
        var outcome = NtScopeProcess.Run("callbacks", folder.File("ran.dmp"), "--symbols", Path.GetDirectoryName(driver)!, "--filter", "delprotect!*", "--format", "json");
        outcome.ExitCode.ShouldBe(0, outcome.Error);
        using var document = JsonDocument.Parse(outcome.Output);
        document.RootElement.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("symbol").GetString())
            .ShouldBe(["delprotect!OnCreate", "delprotect!OnSetInformation", "delprotect!Unload"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("capture")]
    [InlineData("debug")]
    public void An_emulator_that_dies_takes_neither_a_capture_nor_the_debugger_with_it(string verb)
    {
        using var folder = new TemporaryFolder();
        var path = DamagedDriver(folder);
        var outcome = verb == "debug"
            ? NtScopeProcess.Run("debug", "lab:" + path, "-c", "g")
            : NtScopeProcess.Run("lab", "capture", folder.File("out.dmp"), "--drivers", path);
        outcome.ExitCode.ShouldBe(1, outcome.Output + outcome.Error);
        outcome.Output.ShouldContain("emulator: the CPU emulator failed");
    }

    [Fact]
    public void Each_call_fails_in_turn()
    {
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf("zero"), "--fail-each");
        outcome.ExitCode.ShouldBe(0);
        outcome.Output.ShouldContain("2 calls, told apart by their stacks, failed in turn; nothing was found.");
    }

    [Fact]
    public void What_a_driver_did_before_its_entry_failed_is_told()
    {
        var outcome = NtScopeProcess.Run("lab", "run", CompiledDrivers.PathOf("broken18"), "--fail", "3");
        outcome.ExitCode.ShouldBe(1);
        outcome.Output.ShouldContain("device-left: broken18.sys: ");
        outcome.Output.ShouldContain("callback-left: broken18.sys: ");
        outcome.Output.ShouldContain("    nt!IoCreateDevice");
        outcome.Output.Split("device-left: ").Length.ShouldBe(2);
    }

    [Fact]
    public void An_emulator_that_dies_is_a_finding()
    {
        using var folder = new TemporaryFolder();
        var outcome = NtScopeProcess.Run("lab", "run", DamagedDriver(folder));
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

    private static string DamagedDriver(TemporaryFolder folder)
    {
        var bytes = File.ReadAllBytes(CompiledDrivers.PathOf("zero"));
        var image = PeImage.FromBytes(bytes, "zero.sys");
        var section = image.SectionAt(image.EntryPoint)!;

        // A far jump to a register is no instruction; Unicorn 2.0.1 aborts when it translates it.
        (bytes[image.EntryPoint - section.Rva + section.FileOffset], bytes[image.EntryPoint - section.Rva + section.FileOffset + 1]) = (0xFF, 0xEB);
        var path = folder.File("damaged.sys");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
