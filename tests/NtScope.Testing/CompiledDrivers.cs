using System.Diagnostics;
using Xunit;

namespace NtScope.Testing;

/// <summary>The compiled sample drivers. They are built once; tests skip visibly where the compiler is not installed.</summary>
public static class CompiledDrivers
{
    private static readonly Lazy<string?> Failure = new(Build);

    /// <summary>The paths of all of them.</summary>
    public static IReadOnlyList<string> All => Directory.GetFiles(Path.GetDirectoryName(PathOf("zero"))!, "*.sys");

    private static string Folder => Path.Combine(Facts.ProjectRoot, "artifacts", "drivers");

    /// <summary>The path of a sample driver; skips the running test if it cannot be built.</summary>
    public static string PathOf(string name)
    {
        Assert.SkipUnless(Failure.Value is null, Failure.Value ?? string.Empty);
        return Path.Combine(Folder, name + ".sys");
    }

    private static string? Build()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "the sample drivers are built on Linux only";
        }

        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Facts.ProjectRoot, "eng", "build-drivers")) { RedirectStandardError = true, UseShellExecute = false })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        const int MissingTool = 2;
        return process.ExitCode == 0 ? null : process.ExitCode == MissingTool ? errors : throw new InvalidOperationException(errors);
    }
}
