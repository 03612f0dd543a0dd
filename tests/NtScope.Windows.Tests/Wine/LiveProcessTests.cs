using System.Diagnostics;
using NtScope.Testing;

namespace NtScope.Windows.Tests.Wine;

/// <summary>The debugger shell over a program that runs, under Wine. Where Wine is not set up the test skips and says so.</summary>
public sealed class LiveProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);
    private readonly string _folder = Directory.CreateTempSubdirectory("ntscope-process-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_program_that_runs_shows_its_modules_its_code_and_its_names()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "this is for Wine on Linux");
        var (ready, reason) = Run("eng/wine-setup", "--check");
        Assert.SkipUnless(ready == 0, reason.Trim());
        var published = Run(
            "dotnet", "publish", "src/NtScope.Cli", "-r", "win-x64", "--self-contained", "-p:PublishAot=false", "-p:PublishReadyToRun=false", "-p:DebugType=none",
            "-p:RunAnalyzers=false", "-o", Path.Combine(_folder, "cli"), "-v", "q", "--nologo");
        published.Code.ShouldBe(0, published.Text);
        var program = Path.Combine(_folder, "cli", "NtScope.Cli.exe");
        Run("eng/wine-run", "--timeout", "240", "tests/NtScope.Windows.Tests/Wine/debug-process", "/host" + program, "/host" + _folder);

        var modules = Lines("modules.out");
        modules.ShouldContain(line => line == "notepad");
        modules.ShouldContain(line => line == "ntdll");
        modules.ShouldContain(line => line == "kernelbase");
        var text = Lines("commands.out");
        text.ShouldContain(line => line.StartsWith("0:000> u ntdll!NtCreateFile L6; "));
        text.ShouldContain(line => line == "ntdll!NtCreateFile:");
        text.ShouldContain(line => line.EndsWith(" 4c8bd1          mov     r10,rcx"));
        text.ShouldContain(line => line.EndsWith(" f604250803fe7f01 test    byte ptr [SharedUserData+0x308 (00000000`7ffe0308)],1"));
        text.ShouldContain(line => line.Contains(" jne     ntdll!NtCreateFile+0x15 ("));
        text.ShouldContain(line => line.EndsWith(" ntdll!NtCreateFile (NtCreateFile)"));
        text.ShouldContain(line => line.EndsWith("  4d 5a                                            MZ"));
        text.ShouldContain(line => line == "00000000`00000000  ?? ??                                            ??");
        text.ShouldContain(line => line.StartsWith("Evaluate expression: "));
        text.ShouldContain(line => line == "Exact matches:");
        text.ShouldContain(line => line.Contains("this needs a machine's memory"));
        var documents = Lines("json.out").Where(line => line.StartsWith('{')).ToList();
        documents.Count.ShouldBe(2);
        documents[0].ShouldContain("\"name\":\"ntdll\"");
        documents[1].ShouldContain("\"value\":\"0x00905a4d\"");
        File.ReadAllText(PathOf("nosuch.code")).Trim().ShouldBe("2");
        File.ReadAllText(PathOf("nosuch.err")).ShouldContain("no running process has this name");
        File.ReadAllText(PathOf("noid.code")).Trim().ShouldBe("2");
        File.ReadAllText(PathOf("noid.err")).ShouldContain("no running process has this ID");
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private string[] Lines(string name) => File.ReadAllText(PathOf(name)).ReplaceLineEndings("\n").Split('\n');

    private static (int Code, string Text) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program.Contains('/', StringComparison.Ordinal) ? Path.Combine(Facts.ProjectRoot, program) : program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = Facts.ProjectRoot,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
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
