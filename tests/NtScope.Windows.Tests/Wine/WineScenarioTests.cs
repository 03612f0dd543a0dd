using System.Globalization;
using NtScope.Desktops;

namespace NtScope.Windows.Tests.Wine;

/// <summary>What a user does with desktops, judged by what is there afterwards. The scenario script says each step.</summary>
public sealed class WineScenarioTests(WineScenario scenario) : IClassFixture<WineScenario>
{
    private const uint OverviewBackground = 0x101820;

    [Fact]
    public void The_tree_shows_the_station_the_desktop_and_the_window_that_another_program_made()
    {
        var row = Row("tree", "Alpha");

        row.WindowStation.ShouldBe("NtScopeLab");
        row.Session.ShouldBe(1);
        row.SeenBy.ShouldBe(["enumeration", "namespace", "handles"]);
        var window = row.Windows.Single(static window => window.Title == "planted window");
        window.Visible.ShouldBe(true);
        row.Threads.ShouldContain(thread => thread.Tid == window.Tid && thread.Pid == window.Pid && thread.Process == "probe.exe");
        Row("tree", "Default").Input.ShouldBe(true);
    }

    [Fact]
    public void A_hidden_desktop_is_a_finding_with_process_command_line_and_start()
    {
        var finding = Row("tree", "Hidden").Findings.Single();

        finding.Kind.ShouldBe("hidden-desktop");
        finding.Detail.ShouldContain("probe.exe");
        finding.Detail.ShouldContain("hold Hidden");
        finding.Detail.ShouldContain("since 20");
        Row("tree", "Default").Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Rights_that_a_descriptor_denies_are_named_one_by_one()
    {
        var row = Row("tree", "Locked");

        var denied = row.Findings.Where(static finding => finding.Kind == "access-denied").Select(static finding => finding.Detail.Split(' ')[0]).ToList();
        denied.ShouldContain(static right => right == "DESKTOP_READOBJECTS");
        denied.ShouldContain(static right => right == "READ_CONTROL");
        row.Sddl.ShouldBeNull();
    }

    [Fact]
    public void A_descriptor_that_the_system_made_of_sddl_comes_back_as_sddl_and_in_words()
    {
        var row = Row("tree", "Guarded");

        row.Sddl.ShouldNotBeNull().ShouldEndWith("D:(D;;CR;;;BG)(A;;GA;;;SY)(A;;GXGR;;;WD)");
        row.Access.ShouldContain(static words => words == "may switch to it: SYSTEM, Everyone; denied: Guests");
        row.Access.ShouldContain(static words => words == "may hook its windows: SYSTEM");
    }

    [Fact]
    public void A_desktop_that_enumeration_hides_is_found_by_its_handles()
    {
        var row = Row("tree", "Unlisted");

        row.SeenBy.ShouldBe(["handles"]);
        row.WindowStation.ShouldBeNull();
        row.Processes.ShouldHaveSingleItem().Name.ShouldBe("probe.exe");
        row.Findings.Select(static finding => finding.Kind).ShouldBe(["seen-by-handle-only", "hidden-desktop"]);
    }

    [Fact]
    public void The_text_for_people_shows_threads_windows_and_access()
    {
        var text = scenario.Text("tree-text");

        text.ShouldContain("planted window");
        text.ShouldContain("TID");
        text.ShouldContain("SDDL");
    }

    [Fact]
    public void What_cannot_be_done_is_one_line_with_exit_code_2()
    {
        foreach (var (step, reason) in new[] { ("not-made", "belongs to Windows"), ("bare", "would vanish at once"), ("missing", "there is no desktop Nowhere"), ("second", "an agent runs already") })
        {
            scenario.Code(step).ShouldBe(2, step);
            scenario.Error(step).Trim().Split('\n').ShouldHaveSingleItem().ShouldContain(reason);
        }
    }

    [Fact]
    public void A_program_that_does_not_close_keeps_its_desktop_and_the_command_says_so()
    {
        scenario.Code("held").ShouldBe(1);
        scenario.Text("held").ShouldContain("Hidden is still there");
    }

    [Fact]
    public void The_difference_of_two_reports_names_the_desktops_that_went()
    {
        scenario.Code("diff").ShouldBe(0);
        scenario.Text("diff").ShouldContain("ntscope.desktops-diff/1");
        scenario.Text("diff").ShouldContain("\"Alpha\"");
        scenario.Report("tree-after").Rows.ShouldNotContain(static row => row.Name == "Hidden");
    }

    [Fact]
    public void Programs_start_on_a_made_desktop_and_nowhere_else()
    {
        var made = Row("made", "Work");

        made.Processes.ShouldContain(static process => process.Name == "notepad.exe");
        made.Processes.ShouldContain(static process => process.Name == "winecfg.exe");
        made.Windows.ShouldContain(static window => window.Title == "Untitled - Notepad" && window.Visible == true);
        Row("made", "Default").Windows.ShouldNotContain(static window => window.Title == "Untitled - Notepad");
    }

    [Fact]
    public void Switching_and_closing_work_and_the_object_is_gone_afterwards()
    {
        scenario.Text("switch").ShouldContain("Input is on Work.");
        scenario.Text("switch-back").ShouldContain("Input is on Default.");
        scenario.Code("close").ShouldBe(0);
        scenario.Text("close").ShouldContain("Work is gone");
        scenario.Report("closed").Rows.ShouldNotContain(static row => row.Name == "Work");
    }

    [Fact]
    public void A_saved_set_of_programs_comes_back_on_its_desktop()
    {
        scenario.Code("restore").ShouldBe(0);
        Row("restored", "Work").Processes.ShouldContain(static process => process.Name == "notepad.exe");
        scenario.Code("close-again").ShouldBe(0);
    }

    [Fact]
    public void A_hotkey_gives_input_to_the_desktop_of_its_number()
    {
        scenario.Text("agent").ShouldContain("switched to Work");
        scenario.Text("agent").ShouldContain("switched to Play");
        var pressed = double.Parse(scenario.Text("key"), CultureInfo.InvariantCulture);
        var changes = Changes("watch");
        changes[0].Desktop.ShouldBe("Default");
        changes.First(change => change.At > pressed).Desktop.ShouldBe("Work");
        changes.ShouldContain(static change => change.Desktop == "Play");
    }

    [Fact]
    public void The_overview_shows_every_desktop_with_its_title_and_a_picture()
    {
        var screen = Screenshot.FromXwd(scenario.PathOf("overview.xwd"));
        foreach (var (number, leastColors) in new[] { (1, 2), (2, 4), (3, 8) })
        {
            var title = Screenshot.FromRaw(scenario.PathOf($"caption-{number}.raw")).Trimmed(OverviewBackground);
            var place = screen.Find(title);
            place.ShouldNotBeNull($"the title of desktop {number} is not on the screen");

            var picture = screen.Part(place.Value.X + (title.Width / 2) - 60, place.Value.Y - 110, 120, 100);
            picture.Colors.ShouldBeGreaterThanOrEqualTo(leastColors, $"the picture of desktop {number} shows nothing");
        }
    }

    [Fact]
    public void The_tray_icon_opens_a_menu_that_switches()
    {
        var before = Screenshot.FromXwd(scenario.PathOf("before-menu.xwd"));
        var after = Screenshot.FromXwd(scenario.PathOf("menu.xwd"));

        var changed = Enumerable.Range(0, before.Width * before.Height).Count(i => before[i % before.Width, i / before.Width] != after[i % after.Width, i / after.Width]);
        changed.ShouldBeGreaterThan(2000);
        var said = scenario.Text("agent");
        said[said.IndexOf("overview closed", StringComparison.Ordinal)..].ShouldContain("switched to Work");
    }

    [Fact]
    public void A_killed_agent_leaves_the_user_on_Default()
    {
        var changes = Changes("death");

        changes[0].Desktop.ShouldBe("Work");
        changes[^1].Desktop.ShouldBe("Default");
        Row("after-death", "Default").Input.ShouldBe(true);
    }

    [Fact]
    public void A_new_agent_remembers_the_desktops_of_the_old_one()
    {
        scenario.Text("reborn").ShouldContain("Work");
        Row("reborn-tree", "Work").Role.ShouldBe(DesktopRole.Managed);
        scenario.Code("release").ShouldBe(0);
        scenario.Code("release-2").ShouldBe(0);
    }

    [Fact]
    public void Fifty_desktops_are_made_and_closed_and_no_handle_is_left()
    {
        scenario.Code("fifty").ShouldBe(0);
        scenario.Report("fifty-tree").Rows.Count(static row => row.Name?.StartsWith("Many", StringComparison.Ordinal) == true && row.Role == DesktopRole.Managed).ShouldBe(50);
        scenario.Code("fifty-closed").ShouldBe(0, scenario.Text("fifty-closed"));
        scenario.Report("fifty-after").Rows.ShouldNotContain(static row => row.Name != null && row.Name.StartsWith("Many", StringComparison.Ordinal));
        var (before, after) = (int.Parse(scenario.Text("handles-before")), int.Parse(scenario.Text("handles-after")));
        after.ShouldBeInRange(1, before + 10, $"{before} handles before, {after} after fifty desktops");
    }

    [Fact]
    public void A_stopped_agent_lets_everything_go()
    {
        scenario.Code("stop").ShouldBe(0);
        scenario.Report("stopped").Rows.Where(static row => row.WindowStation == "WinSta0").Select(static row => row.Name).ShouldBe(["Default"]);
    }

    private DesktopRow Row(string step, string desktop) => scenario.Report(step).Rows.First(row => row.Name == desktop);

    private List<(double At, string Desktop)> Changes(string step) =>
        [.. scenario.Text(step).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => (double.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture), line.Split(' ', 2)[1].Trim()))];
}
