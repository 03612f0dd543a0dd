namespace NtScope.Windows.Tests.Wine;

/// <summary>The tree with stations, desktops and descriptors that another program made.</summary>
public sealed class TreeUnderWineTests(TreeUnderWineTests.Part tree) : IClassFixture<TreeUnderWineTests.Part>
{
    [Fact]
    public void The_tree_shows_the_station_the_desktop_and_the_window_that_another_program_made()
    {
        var row = tree.Desktop("tree", "Alpha");

        row.WindowStation.ShouldBe("NtScopeLab");
        row.Session.ShouldBe(1);
        row.SeenBy.ShouldBe(["enumeration", "namespace", "handles"]);
        var window = row.Windows.Single(static window => window.Title == "planted window");
        window.Visible.ShouldBe(true);
        window.Class.ShouldBe("Static");
        row.Threads.ShouldContain(thread => thread.Tid == window.Tid && thread.Pid == window.Pid && thread.Process == "probe.exe");
        tree.Desktop("tree", "Default").Input.ShouldBe(true);
        row.Input.ShouldBe(false);
    }

    [Fact]
    public void A_hidden_desktop_is_a_finding_with_process_image_command_line_and_start()
    {
        var finding = tree.Desktop("tree", "Hidden").Findings.Single();

        finding.Kind.ShouldBe("hidden-desktop");
        finding.Detail.ShouldContain("""probe.exe" hold Hidden""");
        finding.Detail.ShouldMatch(@"since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ");
        tree.Desktop("tree", "Hidden").Processes.ShouldContain(static process => process.Name == "probe.exe" && process.Path!.StartsWith(@"Z:\host\", StringComparison.Ordinal));
        tree.Desktop("tree", "Default").Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_right_that_a_descriptor_denies_is_named_and_what_is_granted_is_read_nevertheless()
    {
        var row = tree.Desktop("tree", "Locked");

        var denied = row.Findings.Where(static finding => finding.Kind == "access-denied").ShouldHaveSingleItem();
        denied.Detail.ShouldStartWith("DESKTOP_READOBJECTS is denied on Locked");
        row.Windows.ShouldContain(static window => window.Title == "planted window");
        row.Sddl.ShouldNotBeNull().ShouldEndWith("D:(D;;CC;;;WD)(A;;GA;;;WD)");
    }

    [Fact]
    public void A_desktop_that_denies_everything_is_a_row_that_says_so()
    {
        var row = tree.Desktop("tree", "Sealed");

        row.SeenBy.ShouldBe(["handles"]);
        row.Holders.Concat(row.Processes).ShouldContain(static process => process.Name == "probe.exe");
    }

    [Fact]
    public void A_descriptor_that_the_system_made_of_sddl_comes_back_as_sddl_and_in_words()
    {
        var row = tree.Desktop("tree", "Guarded");

        row.Findings.ShouldNotContain(static finding => finding.Kind == "access-denied");
        row.Sddl.ShouldNotBeNull().ShouldEndWith("D:(D;;CR;;;BG)(A;;GA;;;SY)(A;;GXGR;;;WD)");
        row.Access.ShouldContain(static words => words == "may switch to it: SYSTEM, Everyone; denied: Guests");
        row.Access.ShouldContain(static words => words == "may hook its windows: SYSTEM");
    }

    [Fact]
    public void A_desktop_that_enumeration_hides_is_found_by_its_handles_and_read_through_one()
    {
        var row = tree.Desktop("tree", "Unlisted");

        row.SeenBy.ShouldBe(["handles"]);
        row.WindowStation.ShouldBeNull();
        row.Windows.ShouldContain(static window => window.Title == "planted window" && window.Visible == true);
        row.Processes.ShouldContain(static process => process.Name == "probe.exe");
        row.Sddl.ShouldNotBeNull().ShouldEndWith("D:(D;;DT;;;WD)(A;;GA;;;WD)");
        row.Findings.Select(static finding => finding.Kind).ShouldBe(["seen-by-handle-only", "hidden-desktop"]);
    }

    [Fact]
    public void The_text_for_people_shows_threads_windows_and_access()
    {
        var text = tree.Text("text");

        text.ShouldContain("planted window");
        text.ShouldContain("TID");
        text.ShouldContain("D:(D;;CR;;;BG)(A;;GA;;;SY)(A;;GXGR;;;WD)");
    }

    [Theory]
    [InlineData("not-made", "belongs to Windows")]
    [InlineData("bare", "would vanish at once")]
    [InlineData("missing", "there is no desktop Nowhere")]
    [InlineData("no-program", "there is no such program")]
    [InlineData("nowhere", "say where")]
    [InlineData("virtual", "the shell here has no virtual desktops")]
    public void What_cannot_be_done_is_one_line_with_exit_code_2(string step, string reason)
    {
        tree.Code(step).ShouldBe(2);
        tree.Text(step).ShouldBeEmpty();
        tree.Error(step).Trim().Split('\n').ShouldHaveSingleItem().ShouldContain(reason);
    }

    [Fact]
    public void A_program_that_holds_its_desktop_without_a_window_is_named()
    {
        tree.Code("held").ShouldBe(1);
        tree.Text("held").ShouldContain("Hidden is still there");
        tree.Code("forced").ShouldBe(1);
        tree.Text("forced").ShouldMatch(@"Hidden is still there: held without a window by probe\.exe \(\d+\)");
    }

    [Fact]
    public void The_difference_of_two_reports_and_of_a_report_and_now_says_what_changed()
    {
        tree.Code("diff").ShouldBe(0);
        tree.Text("diff").ShouldContain("ntscope.desktops-diff/1");
        tree.Text("diff").ShouldContain("\"Hidden\"");
        tree.Text("diff-now").ShouldContain("Compared this machine with this machine");
        tree.Text("diff-now").ShouldContain("Hidden");
    }

    public sealed class Part() : WinePart("tree");
}
