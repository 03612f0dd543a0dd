using System.Diagnostics;
using System.Text;
using NtScope.Desktops;
using NtScope.Reports;
using NtScope.Testing;

namespace NtScope.Windows.Tests.Wine;

/// <summary>Publishes the program for Windows, plays the scenario under Wine once, and holds what it left. Skips where Wine cannot be set up.</summary>
public sealed class WineScenario : IDisposable
{
    private const int CannotSetUp = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(16);
    private readonly string _folder = Directory.CreateTempSubdirectory("ntscope-wine-").FullName;
    private readonly string? _unusable;

    public WineScenario()
    {
        if (OperatingSystem.IsWindows())
        {
            _unusable = "this is Windows: the scenario is for Wine";
            return;
        }

        // Windows, keys and pictures under Wine depend on a quiet machine; a busy one must not fail the suite for it.
        if (Environment.GetEnvironmentVariable("NTSCOPE_WINE_SCENARIO") is not "1")
        {
            _unusable = "the scenario under Wine takes minutes and needs a quiet machine: set NTSCOPE_WINE_SCENARIO=1 to play it";
            return;
        }

        var setUp = Run("eng/wine-setup");
        if (setUp.Code != 0)
        {
            _unusable = "Wine cannot be set up here: " + setUp.Text.Trim();
            return;
        }

        var probe = Path.Combine(_folder, "probe.exe");
        var built = Run("tests/NtScope.Windows.Tests/Wine/build-probe", probe);
        if (built.Code == CannotSetUp)
        {
            _unusable = built.Text.Trim();
            return;
        }

        built.Code.ShouldBe(0, built.Text);
        var program = Path.Combine(_folder, "cli");
        var published = Run(
            "dotnet", "publish", "src/NtScope.Cli", "-r", "win-x64", "--self-contained", "-p:PublishAot=false", "-p:PublishTrimmed=true", "-p:PublishReadyToRun=false",
            "-p:RunAnalyzers=false", "-o", program, "-v", "q", "--nologo");
        published.Code.ShouldBe(0, published.Text);
        var executable = Directory.GetFiles(program, "*.exe").Single(static path => !path.EndsWith("createdump.exe", StringComparison.Ordinal));
        Run("eng/wine-run", "--timeout", "900", "tests/NtScope.Windows.Tests/Wine/scenario", "/host" + executable, "/host" + probe, "/host" + _folder);
    }

    /// <summary>What a step wrote.</summary>
    public string Text(string step) => File.ReadAllText(PathOf(step + ".out"));

    /// <summary>What a step wrote as an error.</summary>
    public string Error(string step) => File.ReadAllText(PathOf(step + ".err"));

    /// <summary>The exit code of a step.</summary>
    public int Code(string step) => int.Parse(File.ReadAllText(PathOf(step + ".code")));

    /// <summary>The report that a step wrote.</summary>
    public Report<DesktopRow> Report(string step)
    {
        using var stream = File.OpenRead(PathOf(step + ".out"));
        return DesktopReportReader.Read(stream, step);
    }

    /// <summary>A file that a step left; the test skips if Wine is not to be had.</summary>
    public string PathOf(string name)
    {
        Assert.SkipWhen(_unusable is not null, _unusable ?? "");
        return Path.Combine(_folder, name);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (int Code, string Text) Run(string program, params string[] arguments)
    {
        var text = new StringBuilder();
        var start = new ProcessStartInfo(program.Contains('/', StringComparison.Ordinal) ? Path.Combine(Facts.ProjectRoot, program) : program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = Facts.ProjectRoot,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return (-1, text + $"{program} did not end within {Patience}");
        }

        return (process.ExitCode, text.ToString());

        void Add(string? line)
        {
            lock (text)
            {
                text.AppendLine(line);
            }
        }
    }
}
