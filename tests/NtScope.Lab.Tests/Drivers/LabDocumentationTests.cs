using System.Text.RegularExpressions;
using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Drivers;

public sealed partial class LabDocumentationTests
{
    [Fact]
    public void The_table_names_the_routines_that_the_executive_implements_and_no_others()
    {
        var text = File.ReadAllText(Path.Combine(Facts.ProjectRoot, "docs", "lab.md"));
        var rows = text[text.IndexOf("## Routines", StringComparison.Ordinal)..].Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal));
        var documented = rows.SelectMany(row => Name().Matches(row.Split(" | ")[1]).Select(match => match.Groups["name"].Value)).ToArray();
        using var machine = new LabMachine();
        documented.ShouldBe(machine.ImplementedRoutines, ignoreOrder: true);
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

    [GeneratedRegex("`(?<name>[A-Za-z_0-9]+)`", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Name();

    [GeneratedRegex(@"\b(?:Report|Stop)\(\s*""(?<name>[a-z][a-z-]+)""", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Finding();
}
