using System.Diagnostics;
using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Drivers;

/// <summary>The compiled sample drivers. They are built once; tests skip visibly where the compiler is not installed.</summary>
internal static class SampleDrivers
{
    private static readonly Lazy<string?> Failure = new(Build);

    private static string Folder => Path.Combine(Facts.ProjectRoot, "artifacts", "drivers");

    /// <summary>The path of a sample driver; skips the running test if it cannot be built.</summary>
    public static string PathOf(string name)
    {
        Assert.SkipUnless(Failure.Value is null, Failure.Value ?? string.Empty);
        return Path.Combine(Folder, name + ".sys");
    }

    /// <summary>The paths of all sample drivers.</summary>
    public static IReadOnlyList<string> All => Directory.GetFiles(Path.GetDirectoryName(PathOf("zero"))!, "*.sys");

    /// <summary>A machine with a sample driver.</summary>
    public static LabMachine With(string name, out LabDriver driver, LabMachineOptions? options = null)
    {
        var path = PathOf(name);
        var machine = new LabMachine(options);
        driver = machine.LoadDriver(path);
        return machine;
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
