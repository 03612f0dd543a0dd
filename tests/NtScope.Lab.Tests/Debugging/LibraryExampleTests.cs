using NtScope.Debugging;
using NtScope.Debugging.Commands;
using NtScope.Debugging.Disassembly;
using NtScope.Debugging.Extensions;
using NtScope.Targets;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>The example of the documentation compiles, runs, and is what the documentation shows.</summary>
public sealed class LibraryExampleTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
    [Fact]
    public void The_example_of_the_documentation_runs()
    {
        var path = machine.DumpPath;
        var output = new StringWriter { NewLine = "\n" };
        Example(path, output);
        var lines = output.ToString().Split('\n');
        lines[0].ShouldBe("fced7204 fcf77b00 02b94a02 04747400");
        lines[1].ShouldBe("fffff80413e4a540 sub     rsp,88h");
        lines.ShouldContain(line => line == "4 System 12 threads");
    }

    [Fact]
    public void The_documentation_shows_it_as_it_is()
    {
        var source = File.ReadAllText(Path.Combine(Facts.ProjectRoot, "tests", "NtScope.Lab.Tests", "Debugging", "LibraryExampleTests.cs")).ReplaceLineEndings("\n");
        var start = source.IndexOf("// example\n", StringComparison.Ordinal) + "// example\n".Length;
        var example = source[start..source.IndexOf("        // end of the example", start, StringComparison.Ordinal)].TrimEnd().Split('\n').Select(line => line.Length > 8 ? line[8..] : string.Empty);
        var shown = File.ReadAllText(Path.Combine(Facts.ProjectRoot, "docs", "debugger.md")).ReplaceLineEndings("\n");
        shown.ShouldContain(string.Join('\n', example.Select(line => line.Length == 0 ? line : "    " + line)), Case.Sensitive);
    }

    private static void Example(string path, TextWriter output)
    {
        // example
        using var target = TargetOpener.Open(path, new TargetOptions());
        using var session = new DebuggerSession(target);

        var table = (MemoryDump)session.Execute("dd nt!KiServiceTable L4", CancellationToken.None);
        output.WriteLine(string.Join(' ', Enumerable.Range(0, table.Count).Select(i => table.TryGetValue(i, out var entry) ? $"{entry:x8}" : "????????")));

        var code = (CodeListing)session.Execute("u nt!NtCreateFile L1", CancellationToken.None);
        foreach (var line in code.Lines) output.WriteLine($"{line.Address.Value:x} {line.Text}");

        var processes = (ProcessListing)session.Execute("!process 0 0", CancellationToken.None);
        var kernel = new NtScope.Kernel.KernelContext(target);
        foreach (var process in processes.Processes)
        {
            output.WriteLine($"{process.Id} {process.Image} {ThreadDetails.ListOf(kernel, process.Process).Count} threads");
        }

        // end of the example
    }
}
