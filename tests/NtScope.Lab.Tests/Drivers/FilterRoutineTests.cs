using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Drivers;

public sealed class FilterRoutineTests
{
    private const int WatchGroup = 4;
    private static readonly string[] FileGroups = ["files", "streams", "renames"];
    private static readonly string[] FilterGroups = ["files below the minifilter", "contexts", "file names", "objects of the filter manager"];
    private static readonly string[] KeyGroups = ["keys", "values", "registrations", "callbacks"];

    public static TheoryData<string, int, string> AllGroups =>
    [
        .. FileGroups.Select((name, index) => ("files", index, name)),
        .. FilterGroups.Select((name, index) => ("fltroutines", index, name)),
        .. KeyGroups.Select((name, index) => ("keys", index, name)),
    ];

    [Theory]
    [MemberData(nameof(AllGroups))]
    public void Routines_do_what_they_are_documented_to_do(string source, int group, string what)
    {
        using var machine = SampleDrivers.With(source, out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        SampleDrivers.RunGroup(machine, driver, group).ShouldBe(0u, $"the line in {source}.c where {what} failed");
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_minifilter_swaps_the_buffers_of_users(bool inDpc)
    {
        using var machine = SampleDrivers.With("swapper", out var driver);
        machine.Files.CompletesInDpc = inDpc;
        machine.Files.Write(@"C:\filtered\upper.txt", Bytes("Some text")).ShouldBe(NtStatus.Success);
        machine.Files.Read(@"C:\filtered\upper.txt").Output.ShouldBe(Bytes("some text"));
        SampleDrivers.RunGroup(machine, driver, 0).ShouldBe(0u, "the line in swapper.c");
        driver.Unload().Findings.ShouldBeEmpty();
        machine.DebugOutput.ShouldBe(["swapper: torn down with 2, 1 safe completions, 0 flushes"]);
        machine.Files.Read(@"C:\filtered\upper.txt").Output.ShouldBe(Bytes("SOME TEXT"));
    }

    [Fact]
    public void A_minifilter_opens_another_file_a_file_of_its_own_or_none()
    {
        using var machine = SampleDrivers.With("swapper", out var driver);
        machine.Files.Write(@"C:\filtered\redirected.txt", Bytes("x")).ShouldBe(NtStatus.Success);
        machine.Files.Exists(@"C:\filtered\redirected.txt").ShouldBeFalse();
        machine.Files.Read(@"C:\filtered\target.txt").Output.ShouldBe(Bytes("x"));
        machine.Files.Read(@"C:\filtered\virtual.txt").Output.ShouldBe(Bytes("virtual"));
        machine.Files.Write(@"C:\filtered\refused.txt", Bytes("x")).ShouldBe(NtStatus.AccessDenied);
        SampleDrivers.RunGroup(machine, driver, 0).ShouldBe(0u, "the line in swapper.c");
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Paging_writes_pass_by_a_minifilter_that_skips_them()
    {
        using var machine = SampleDrivers.With("swapper", out var driver);
        var mapper = machine.LoadDriver(SampleDrivers.PathOf("routines"));
        SampleDrivers.RunGroup(machine, mapper, 6).ShouldBe(0u);
        SampleDrivers.RunGroup(machine, driver, 0).ShouldBe(0u, "the line in swapper.c");
        mapper.Unload().Findings.ShouldBeEmpty();
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_registry_callback_changes_what_a_program_sees()
    {
        using var machine = SampleDrivers.With("keys", out var driver);
        machine.Registry.CreateKey(@"HKLM\SOFTWARE\App\Deep").ShouldBe(NtStatus.Success);
        machine.Registry.SetValue(@"HKLM\SOFTWARE\App", "Rewritten", new string('a', 5000)).ShouldBe(NtStatus.Success);
        machine.Registry.SetValue(@"HKLM\SOFTWARE\App", "Other", 1u).ShouldBe(NtStatus.Success);
        SampleDrivers.RunGroup(machine, driver, WatchGroup).ShouldBe(0u);
        machine.Registry.Keys(@"HKLM\SOFTWARE\App").ShouldBe(["Deep"]);
        machine.Registry.Values(@"HKLM\SOFTWARE\App").ShouldBe(["Other", "Rewritten"]);
        machine.Registry.ReadValue(@"HKLM\SOFTWARE\App", "Rewritten", out var data).ShouldBe(NtStatus.Success);
        Encoding.Unicode.GetString(data).ShouldBe("X" + new string('a', 4999) + "\0");
        machine.Registry.Keys(@"HKLM\SOFTWARE\NtScopeElsewhere").ShouldBe(machine.Registry.Keys(@"HKLM\SOFTWARE"));
        SampleDrivers.RunGroup(machine, driver, WatchGroup + 1).ShouldBe(0u);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Each_routine_of_files_minifilters_and_the_registry_is_called_by_a_sample()
    {
        string[] families = ["Registry", "Minifilters and ports", "File names", "Contexts", "Files"];
        var called = new HashSet<string>(StringComparer.Ordinal);
        using var machine = new LabMachine { Trace = (name, _) => called.Add(name) };
        machine.Files.CreateDirectory(@"C:\backup");
        var drivers = new[] { "backup", "fsfilter", "swapper", "files", "fltroutines", "keys", "routines" }.Select(name => machine.LoadDriver(SampleDrivers.PathOf(name))).ToArray();
        using (machine.ConnectPort(@"\BackupPort", _ => null))
        {
            machine.Files.Write(@"C:\data\a.txt", Bytes("x"));
            machine.Files.Delete(@"C:\data\a.txt");
            machine.Files.Write(@"C:\asked\a.txt", Bytes("x"));
            machine.Files.Write(@"C:\filtered\upper.txt", Bytes("x"));
            machine.Files.Read(@"C:\filtered\upper.txt");
            machine.Files.Read(@"C:\filtered\redirected.txt");
            machine.Files.Read(@"C:\filtered\virtual.txt");
            machine.Files.Write(@"C:\filtered\refused.txt", Bytes("x"));
            machine.Files.Write(@"C:\listed\a.txt", [1, 2, 3]);
            machine.Files.Write(@"C:\listed\c.txt", []);
            foreach (var (driver, groups) in new[] { (drivers[3], FileGroups.Length), (drivers[4], FilterGroups.Length), (drivers[5], KeyGroups.Length) })
            {
                for (var group = 0; group < groups; group++)
                {
                    SampleDrivers.RunGroup(machine, driver, group).ShouldBe(0u, $"the line where group {group} of {driver.Name} failed");
                }
            }

            SampleDrivers.RunGroup(machine, drivers[6], 12).ShouldBe(0u);
        }

        foreach (var driver in drivers)
        {
            driver.Unload().Findings.ShouldBeEmpty();
        }

        var rows = File.ReadAllLines(Path.Combine(Facts.ProjectRoot, "docs", "lab.md")).Where(line => families.Any(family => line.StartsWith($"| {family} |", StringComparison.Ordinal))).ToArray();
        rows.Length.ShouldBe(families.Length);
        machine.ImplementedRoutines.Where(name => name.StartsWith("Flt", StringComparison.Ordinal) || rows.Any(row => row.Contains($"`{name}`", StringComparison.Ordinal)))
            .Except(called, StringComparer.Ordinal).ShouldBeEmpty();
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
