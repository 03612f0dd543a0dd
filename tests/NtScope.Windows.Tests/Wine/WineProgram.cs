using System.Diagnostics;
using System.Text;
using NtScope.Testing;

namespace NtScope.Windows.Tests.Wine;

/// <summary>The program as published for Windows and the probe beside it, built once for all parts of the scenario.</summary>
internal sealed class WineProgram
{
    private const int CannotSetUp = 3;
    private const int PartSeconds = 420;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private static readonly Lazy<WineProgram> Shared = new(static () => new WineProgram());

    private readonly string? _unusable;
    private readonly string _program = Path.Combine(Folder, "program");
    private readonly string _probe = Path.Combine(Folder, "probe.exe");

    private WineProgram()
    {
        if (OperatingSystem.IsWindows())
        {
            _unusable = "this is Windows: the scenario is for Wine";
            return;
        }

        Directory.CreateDirectory(Folder);
        var (code, text) = Run("eng/wine-setup", []);
        if (code == 0)
        {
            (code, text) = Run("tests/NtScope.Windows.Tests/Wine/build-probe", [_probe]);
        }

        if (code == 0)
        {
            (code, text) = Run("eng/publish-windows", [_program]);
            code.ShouldBe(0, text);
            return;
        }

        code.ShouldBe(CannotSetUp, text);
        _unusable = text.Trim();
    }

    public static WineProgram Instance => Shared.Value;

    /// <summary>Where everything is left to be looked at.</summary>
    public static string Folder { get; } = Path.Combine(Facts.ProjectRoot, "artifacts", "wine");

    /// <summary>Plays a part.</summary>
    /// <param name="part">Its name in the folder scenario.</param>
    /// <param name="folder">Where its steps leave what they print; emptied first.</param>
    /// <returns>Why it could not be played; null if it was.</returns>
    public string? Play(string part, string folder)
    {
        if (_unusable is not null)
        {
            return _unusable;
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        var played = Run(
            "eng/wine-run",
            ["--timeout", $"{PartSeconds}", "tests/NtScope.Windows.Tests/Wine/scenario/play", part, "/host" + Path.Combine(_program, "ntscope.exe"), "/host" + _probe, "/host" + folder]);
        File.WriteAllText(Path.Combine(folder, "log"), $"{played.Text}exit code {played.Code}\n");
        return null;
    }

    private static (int Code, string Text) Run(string program, string[] arguments)
    {
        var text = new StringBuilder();
        var start = new ProcessStartInfo(Path.Combine(Facts.ProjectRoot, program), arguments)
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
