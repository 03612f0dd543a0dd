using NtScope.Testing;

namespace NtScope.Cli.Tests;

/// <summary>Reviewed outputs in <c>Snapshots/</c>. A run with <c>NTSCOPE_ACCEPT=1</c> writes them anew, to be reviewed as a change.</summary>
internal static class Snapshot
{
    public static void ShouldMatch(string actual, string name)
    {
        var path = Path.Combine(Facts.ProjectRoot, "tests", "NtScope.Cli.Tests", "Snapshots", name);
        if (Environment.GetEnvironmentVariable("NTSCOPE_ACCEPT") == "1")
        {
            File.WriteAllText(path, actual);
        }

        File.Exists(path).ShouldBeTrue($"{path} is missing: run with NTSCOPE_ACCEPT=1 and review it");
        actual.ReplaceLineEndings("\n").ShouldBe(File.ReadAllText(path).ReplaceLineEndings("\n"), $"of {name}; if this is meant, run with NTSCOPE_ACCEPT=1 and review it");
    }
}
