using System.Diagnostics;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>
/// Some eight hundred command lines through Microsoft's debugger engine and through NtScope, on a lab dump of each kernel: every difference in
/// the text must stand in the list of known ones. The engine runs under Wine; where that is not set up the test skips and says so.
/// </summary>
public sealed class EngineComparisonTests
{
    private const int NotAvailable = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData("10.0.18362.476")]
    [InlineData("6.1.7601.24540")]
    [InlineData("6.3.9600.19913")]
    [InlineData("10.0.22000.795")]
    public void Commands_answer_as_the_engine_does(string version)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the debugger engine runs under Wine on Linux only");
        var (ready, reason) = Run("eng/wine-setup", "--check");
        Assert.SkipUnless(ready == 0, reason.Trim());
        using var folder = new TemporaryFolder();
        var (code, text) = Run("eng/NtScope.DebuggerComparison/run", "--no-build", folder.File("comparison"), version);
        Assert.SkipWhen(code == NotAvailable, $"the debugger engine is not here: {text.Trim()}");
        code.ShouldBe(0, string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("known: ", StringComparison.Ordinal))));
        var summary = text.Split('\n').Single(line => line.Contains(" commands: ", StringComparison.Ordinal));
        int.Parse(summary.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(800);
    }

    private static (int Code, string Text) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Facts.ProjectRoot, program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new ShouldAssertException($"{program} did not end within {Patience}");
        }

        return (process.ExitCode, output.Result + error.Result);
    }
}
