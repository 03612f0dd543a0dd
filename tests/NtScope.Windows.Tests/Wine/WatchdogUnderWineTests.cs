using NtScope.Desktops;

namespace NtScope.Windows.Tests.Wine;

/// <summary>The agent's death, rebirth and end.</summary>
public sealed class WatchdogUnderWineTests(WatchdogUnderWineTests.Part watchdog) : IClassFixture<WatchdogUnderWineTests.Part>
{
    [Fact]
    public void A_killed_agent_leaves_the_user_on_Default()
    {
        watchdog.InputDesktops("watch")[0].ShouldBe("Work");
        watchdog.InputDesktops("watch")[^1].ShouldBe("Default");
        watchdog.Desktop("after-death", "Default").Input.ShouldBe(true);
    }

    [Fact]
    public void A_new_agent_remembers_the_desktops_of_the_old_one_also_those_that_died_with_it()
    {
        watchdog.Report("after-death").Rows.ShouldNotContain(static row => row.Name == "Play");
        watchdog.Text("reborn").ShouldContain("hotkeys on Default, Work, Play");
        watchdog.Desktop("reborn-tree", "Work").Role.ShouldBe(DesktopRole.Managed);
        watchdog.Desktop("reborn-tree", "Play").Role.ShouldBe(DesktopRole.Managed);
    }

    [Fact]
    public void It_starts_with_Windows_on_request()
    {
        watchdog.Text("autostart-on").ShouldContain("desktop agent --detach");
        watchdog.Text("autostart-off").ShouldContain("does not start at logon");
    }

    [Fact]
    public void A_stopped_agent_lets_everything_go()
    {
        watchdog.Code("close").ShouldBe(0, watchdog.Text("close"));
        watchdog.Code("stop").ShouldBe(0);
        watchdog.Report("stopped").Rows.Where(static row => row.WindowStation == "WinSta0").Select(static row => row.Name).ShouldBe(["Default"]);
    }

    public sealed class Part() : WinePart("watchdog");
}
