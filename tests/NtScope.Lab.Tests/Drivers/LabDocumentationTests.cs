using System.Text.RegularExpressions;
using NtScope.Images;
using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Drivers;

public sealed partial class LabDocumentationTests
{
    [Fact]
    public void The_table_names_the_routines_that_the_executive_implements_and_no_others()
    {
        var documented = Table().SelectMany(row => row.Routines).ToArray();
        using var machine = new LabMachine();
        documented.ShouldBe(machine.ImplementedRoutines, ignoreOrder: true);
    }

    [Fact]
    public void Each_routine_of_the_table_is_called_by_a_sample()
    {
        // Reached by addresses that the kernel hands out: the routine for requests that a driver has none for, and that of cancel-safe queues.
        string[] reached = ["IopInvalidDeviceRequest", "IopCsqCancelRoutine"];

        // Files, filters and the registry have a test of their own (FilterRoutineTests); the framework's functions are reached by its table.
        string[] families = ["Files", "File names", "Contexts", "Minifilters and ports", "Registry"];
        var routines = Table().Where(row => !families.Contains(row.Family, StringComparer.Ordinal) && !row.Family.StartsWith("KMDF", StringComparison.Ordinal))
            .SelectMany(row => row.Routines).Except(reached, StringComparer.Ordinal).ToArray();
        routines.Length.ShouldBeGreaterThan(350);
        var called = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (source, first, groups) in RoutineTests.Sources)
        {
            using var machine = new LabMachine();
            var places = CallAll(machine, source, first, groups.Length);

            // Names that the kernel folds into one routine have one address.
            called.UnionWith(routines.Where(routine => places.Contains(machine.Kernel.Traps.AddressOf(machine.Kernel.Apis.Find(routine)!))));
        }

        // The other samples call what they import for their purpose; tests of their own play it.
        var checking = RoutineTests.Sources.Select(entry => SampleDrivers.PathOf(entry.Source)).ToArray();
        var imported = Imported(SampleDrivers.All);
        var importedByOthers = Imported(SampleDrivers.All.Except(checking, StringComparer.Ordinal));
        routines.Where(routine => !imported.Contains(routine)).ShouldBeEmpty("no sample imports these");
        routines.Where(routine => !importedByOthers.Contains(routine) && !called.Contains(routine)).ShouldBeEmpty("no group of checks calls these");
    }

    private static HashSet<ulong> CallAll(LabMachine machine, string source, int first, int groups)
    {
        var places = new HashSet<ulong>();
        machine.Kernel.Executor.Trace = (entry, _) => places.Add(machine.Kernel.Traps.AddressOf(entry));
        var driver = machine.LoadDriver(SampleDrivers.PathOf(source));
        using var device = machine.OpenDevice(driver.Devices[0]);
        for (var group = first; group < first + groups; group++)
        {
            var victim = machine.StartProcess(@"C:\Windows\victim.exe");
            device.Control(0x80000000 | (0xB00u + (uint)group) << 2, outputLength: sizeof(uint));
            victim.Exit();
        }

        return places;
    }

    private static HashSet<string> Imported(IEnumerable<string> drivers) =>
        [.. drivers.SelectMany(path => PeImage.FromFile(path).Imports).SelectMany(module => module.Functions).Select(function => function.Name!)];

    private static IEnumerable<(string Family, string[] Routines)> Table()
    {
        var text = File.ReadAllText(Path.Combine(Facts.ProjectRoot, "docs", "lab.md"));
        return text[text.IndexOf("## Routines", StringComparison.Ordinal)..].Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(row => row.Split(" | ")).Select(cells => (cells[0][2..], Name().Matches(cells[1]).Select(match => match.Groups["name"].Value).ToArray()));
    }

    [Fact]
    public void Each_kind_of_finding_is_explained()
    {
        var text = File.ReadAllText(Path.Combine(Facts.ProjectRoot, "docs", "lab.md"));
        var sources = Directory.GetFiles(Path.Combine(Facts.ProjectRoot, "src", "NtScope.Lab"), "*.cs", SearchOption.AllDirectories);
        var kinds = sources.SelectMany(path => Finding().Matches(File.ReadAllText(path)).Select(match => match.Groups["name"].Value)).ToHashSet(StringComparer.Ordinal);
        kinds.Count.ShouldBeGreaterThan(40);
        kinds.Where(kind => !text.Contains($"`{kind}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Each_kind_of_finding_is_found_by_a_test()
    {
        // That the emulator dies is seen by the program that runs the machine in a process of its own; no driver can be wrong so that the lab is.
        string[] elsewhere = ["internal", "emulator"];
        var tests = Directory.GetFiles(Path.Combine(Facts.ProjectRoot, "tests", "NtScope.Lab.Tests", "Drivers"), "*Tests.cs")
            .Where(path => Path.GetFileName(path) != $"{nameof(LabDocumentationTests)}.cs").Select(File.ReadAllText).ToArray();
        var text = File.ReadAllText(Path.Combine(Facts.ProjectRoot, "docs", "lab.md"));
        var table = text[text.IndexOf("| finding |", StringComparison.Ordinal)..];
        var documented = table[..table.IndexOf("\n\n", StringComparison.Ordinal)].Split('\n').Skip(2)
            .SelectMany(row => KindName().Matches(row.Split(" | ")[0]).Select(match => match.Groups["name"].Value)).ToArray();
        documented.Length.ShouldBeGreaterThan(50);
        documented.Where(kind => !tests.Any(test => test.Contains($"\"{kind}\"", StringComparison.Ordinal))).ShouldBe(elsewhere);
    }

    [GeneratedRegex("`(?<name>[a-z-]+)`", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex KindName();

    [GeneratedRegex("`(?<name>[A-Za-z_0-9]+)`", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Name();

    [GeneratedRegex(@"\b(?:Report|ReportLeft|Stop)\(\s*""(?<name>[a-z][a-z-]+)""", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Finding();
}
