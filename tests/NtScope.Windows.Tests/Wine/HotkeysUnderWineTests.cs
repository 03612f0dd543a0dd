using NtScope.Desktops;

namespace NtScope.Windows.Tests.Wine;

/// <summary>Hotkeys, pressed on the screen; one agent a session.</summary>
public sealed class HotkeysUnderWineTests(HotkeysUnderWineTests.Part hotkeys) : IClassFixture<HotkeysUnderWineTests.Part>
{
    [Fact]
    public void A_hotkey_gives_input_to_the_desktop_that_it_names_from_every_desktop()
    {
        hotkeys.Text("agent").ShouldContain("switched to Work");
        hotkeys.Text("agent").ShouldContain("switched to Play");
        hotkeys.Text("agent").ShouldContain("switched to Default");
        var seen = hotkeys.InputDesktops("watch").ToList();
        seen[0].ShouldBe("Default");
        var work = seen.IndexOf("Work");
        var play = seen.IndexOf("Play");
        work.ShouldBeGreaterThan(0);
        play.ShouldBeGreaterThan(work);
        seen.LastIndexOf("Default").ShouldBeGreaterThan(play);
    }

    [Fact]
    public void Keys_that_collide_in_the_file_or_with_another_program_are_reported()
    {
        hotkeys.Text("agent").ShouldContain("hotkeys: line 8: alt+2 collides with Alt+2 above, which holds");
        hotkeys.Text("agent").ShouldContain("hotkeys: line 9: Alt+Nonsense: Nonsense is no key");
        hotkeys.Text("agent").ShouldContain("Alt+5 is not taken on Default: another program has registered that key (error 1409)");
    }

    [Fact]
    public void A_second_agent_is_refused_in_one_line()
    {
        hotkeys.Code("second").ShouldBe(2);
        hotkeys.Error("second").Trim().Split('\n').ShouldHaveSingleItem().ShouldContain("an agent runs already");
    }

    [Fact]
    public void The_agents_desktops_are_no_findings()
    {
        foreach (var name in new[] { "Work", "Play" })
        {
            hotkeys.Desktop("managed", name).Role.ShouldBe(DesktopRole.Managed);
            hotkeys.Desktop("managed", name).Findings.ShouldBeEmpty();
        }
    }

    public sealed class Part() : WinePart("hotkeys");
}
