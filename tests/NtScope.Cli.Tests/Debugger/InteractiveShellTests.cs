using System.Diagnostics;
using NtScope.Testing;

namespace NtScope.Cli.Tests.Debugger;

/// <summary>The shell on a real terminal, which tmux gives: keys go in, the screen is read back.</summary>
public sealed class InteractiveShellTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder _home = new();
    private int _sessions;

    public InteractiveShellTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !Directory.Exists("/proc"), "this needs tmux on Linux");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "tmux"))), "tmux is not installed");
    }

    public void Dispose()
    {
        for (; _sessions > 0; _sessions--)
        {
            Tmux("kill-server");
        }

        _home.Dispose();
    }

    [Fact]
    public void Typing_editing_completion_and_history_work_across_sessions()
    {
        Start();
        Keys("? 5+6", "Left", "BSpace", "5", "Enter");
        WaitFor("Evaluate expression: 1366 = 00000000`00000556");
        Keys("ln nt!NtCreateFil", "Tab");
        WaitFor("ln nt!NtCreateFile");
        Keys("Enter");
        WaitFor("Exact matches:");
        Keys("dq", "Tab", "Tab");
        WaitFor("dq  dqa  dqp  dqs  dqu");
        Keys("C-u", "q", "Enter");
        WaitFor("ended 0");

        Start();
        Keys("Up", "Up", "Up", "Enter");
        WaitFor("Evaluate expression: 1366");
        Keys("C-d");
        WaitFor("ended 0");
    }

    [Fact]
    public void Ctrl_C_gives_up_a_line_and_stops_a_long_command()
    {
        Start();
        Keys(".echo half a line", "C-c");
        WaitFor("half a line^C");
        Keys(".while (1) { r $t0 = @$t0 + 1 }", "Enter");
        Thread.Sleep(700);
        Keys("C-c");
        Keys(".echo still here", "Enter");
        WaitFor("\nstill here");
        Keys("s -b 0 L?7fffffffffff 41", "Enter");
        Thread.Sleep(700);
        Keys("C-c");
        Keys(".echo searched enough", "Enter");
        WaitFor("\nsearched enough");
        Keys("u nt!KiServiceTab", "Tab");
        WaitFor("u nt!KiServiceTable");
        Keys("C-c", "C-r", "still", "Enter");
        WaitFor("\nstill here\nkd>");
        Keys("q", "Enter");
        WaitFor("ended 0");
    }

    // Each start has a terminal server of its own: one that was told to end may still answer for a while.
    private void Start()
    {
        _sessions++;
        var program = Path.Combine(AppContext.BaseDirectory, "NtScope.Cli.dll");
        Tmux("new-session", "-d", "-x", "150", "-y", "50", $"XDG_DATA_HOME={_home.File("data")} dotnet exec {program} debug 10.0.18362.476; echo ended $?; sleep 60");
        WaitFor("kd>");
    }

    private void Keys(params string[] keys) => Tmux(["send-keys", .. keys]);

    private void WaitFor(string text)
    {
        var clock = Stopwatch.StartNew();
        var screen = string.Empty;
        while (clock.Elapsed < Patience)
        {
            screen = Tmux("capture-pane", "-p");
            if (screen.Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            Thread.Sleep(50);
        }

        throw new ShouldAssertException($"'{text}' did not come; the screen shows:\n{screen}");
    }

    private string Tmux(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("tmux", ["-S", _home.File($"tmux{_sessions}"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
