using System.Diagnostics;
using System.Text;

namespace NtScope.Cli.Tests;

/// <summary>
/// Runs the program as a user does: <c>NTSCOPE_BINARY</c> if it is set (the published binary), else the one that was built with the tests.
/// </summary>
internal static class NtScopeProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static string Binary { get; } = Environment.GetEnvironmentVariable("NTSCOPE_BINARY") is { Length: > 0 } published
        ? published
        : Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "NtScope.Cli.exe" : "NtScope.Cli");

    /// <summary>Runs it with its output piped.</summary>
    public static Outcome Run(params string[] arguments) => RunProgram(Binary, arguments);

    /// <summary>Runs it on a pseudo-terminal of 100 columns; what it writes comes as the terminal gets it.</summary>
    public static Outcome RunOnTerminal(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "there is no 'script' to make a pseudo-terminal: run eng/test-setup");
        var command = string.Join(' ', arguments.Prepend(Binary).Select(Quoted));
        return RunProgram("/usr/bin/script", ["-qec", $"stty cols 100 rows 40; {command}", "/dev/null"]);
    }

    /// <summary>Runs a line of shell in which <c>$NTSCOPE</c> is the program.</summary>
    public static Outcome RunShell(string line)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no bash");
        return RunProgram("bash", ["-c", line]);
    }

    private static Outcome RunProgram(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["NTSCOPE"] = Binary;
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("_NT_SYMBOL_PATH");
        start.Environment.Remove("NO_COLOR");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {Patience}");
        }

        process.WaitForExit();
        return new Outcome(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    private static string Quoted(string argument) => "'" + argument.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
}
