using NtScope.Desktops;

namespace NtScope.Windows.Tests.Wine;

/// <summary>Real programs on a made desktop.</summary>
public sealed class ManagerUnderWineTests(ManagerUnderWineTests.Part manager) : IClassFixture<ManagerUnderWineTests.Part>
{
    [Fact]
    public void Programs_start_on_a_made_desktop_and_nowhere_else()
    {
        var made = manager.Desktop("made", "Work");

        made.Role.ShouldBe(DesktopRole.Managed);
        made.Processes.ShouldAllBe(static process => process.Name == "notepad.exe" || process.Name == "winecfg.exe" || process.Name == "explorer.exe" || process.Name == "conhost.exe");
        made.Windows.ShouldContain(static window => window.Title == "Untitled - Notepad" && window.Visible == true);
        made.Windows.ShouldContain(static window => window.Title == "Wine configuration");
        made.Windows.ShouldContain(static window => window.Title == "there");
        manager.Desktop("made", "Default").Windows.ShouldNotContain(static window => window.Title == "Untitled - Notepad");
    }

    [Fact]
    public void The_screen_shows_the_program_on_its_desktop_and_not_on_the_other()
    {
        // Notepad's page is white; the other desktop has nothing but its small task bar.
        manager.Picture("on-work").Share(0xffffff).ShouldBeGreaterThan(0.25);
        manager.Picture("on-default").Share(0xffffff).ShouldBeLessThan(0.05);
    }

    [Fact]
    public void Input_goes_there_and_back()
    {
        manager.Text("switch").ShouldContain("Input is on Work.");
        manager.Text("entered").Trim().ShouldBe("Work");
        manager.Text("next").ShouldContain("Input is on Default.");
        manager.Text("left").Trim().ShouldBe("Default");
    }

    [Fact]
    public void A_window_is_not_moved_but_its_program_started_again_there()
    {
        manager.Text("explained").ShouldContain("A window cannot move to another desktop");
        manager.Text("explained").ShouldContain("--restart");
        manager.Text("moved").ShouldContain("still runs where it was");
        foreach (var desktop in new[] { "Default", "Work" })
        {
            manager.Desktop("with-moved", desktop).Windows.ShouldContain(static window => window.Title == "win.ini - Notepad");
        }
    }

    [Fact]
    public void A_closed_desktop_is_gone_for_everybody()
    {
        manager.Code("close").ShouldBe(0, manager.Text("close"));
        manager.Text("close").ShouldContain("On Work: notepad.exe");
        manager.Text("close").ShouldContain("Work is gone");
        manager.Text("open").Trim().ShouldBe("2");
        manager.Report("closed").Rows.ShouldNotContain(static row => row.Name == "Work");
    }

    [Fact]
    public void A_saved_set_of_programs_comes_back_on_its_desktop()
    {
        manager.Code("restore").ShouldBe(0, manager.Text("restore"));
        foreach (var title in new[] { "Untitled - Notepad", "Wine configuration" })
        {
            manager.Desktop("restored", "Work").Windows.ShouldContain(window => window.Title == title);
        }

        manager.Code("close-again").ShouldBe(0);
    }

    public sealed class Part() : WinePart("manager");
}
