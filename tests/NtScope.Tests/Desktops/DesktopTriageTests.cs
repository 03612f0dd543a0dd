using NtScope.Desktops;
using NtScope.Reports;

namespace NtScope.Tests.Desktops;

public class DesktopTriageTests
{
    private static readonly TargetSummary Live = new("this machine", "live", "x64", "10.0.19045.1", null);

    [Fact]
    public void An_unknown_desktop_with_processes_that_nobody_sees_is_a_finding_with_all_that_is_known_of_them()
    {
        var row = Judge(Desktop("HVNC", process: new DesktopProcess(4711, "evil.exe", @"C:\Temp\evil.exe", "evil -hide", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero))));

        var finding = row.Findings.ShouldHaveSingleItem();
        finding.Kind.ShouldBe("hidden-desktop");
        finding.Detail.ShouldContain(@"evil.exe (4711) C:\Temp\evil.exe, started as evil -hide");
        finding.Detail.ShouldContain("since 2026-01-02T03:04:05Z");
    }

    [Theory]
    [InlineData("Default", "default")]
    [InlineData("WINLOGON", "secure")]
    [InlineData("Disconnect", "disconnect")]
    [InlineData("Screen-saver", "screen-saver")]
    [InlineData("sbox_alternate_desktop_0x1F34", "browser-sandbox")]
    [InlineData("Work", "managed")]
    public void Known_desktops_have_a_role_and_no_finding(string name, string role)
    {
        var row = Judge(Desktop(name), "Work");

        row.Role.ToText().ShouldBe(role);
        row.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_like_KeePass_counts_only_with_KeePass_on_it()
    {
        Judge(Desktop("DaBcDeFgHiJkLm1", process: new DesktopProcess(1, "KeePass.exe"))).Role.ShouldBe(DesktopRole.PasswordPrompt);
        Judge(Desktop("DaBcDeFgHiJkLm1", process: new DesktopProcess(1, "evil.exe"))).Findings.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_name_like_a_browser_sandbox_does_not_hide_windows()
    {
        var imitation = Desktop("sbox_alternate_desktop_0x1") with { Windows = [new DesktopWindow(1, "Chrome", "Bank", 1, 1, true, null)] };

        Judge(imitation).Findings.ShouldHaveSingleItem().Kind.ShouldBe("hidden-desktop");
    }

    [Fact]
    public void The_input_desktop_and_an_empty_desktop_hide_nothing()
    {
        Judge(Desktop("Mine") with { Input = true }).Findings.ShouldBeEmpty();
        Judge(Desktop("Mine") with { Processes = [] }).Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_diff_says_what_came_what_went_and_what_changed()
    {
        var before = DesktopReport.Create(
            Live,
            [Desktop("Default") with { Input = true, Sddl = "D:(A;;GA;;;SY)" }, Desktop("Old")],
            [],
            []);
        var after = DesktopReport.Create(
            Live,
            [
                Desktop("Default", process: new DesktopProcess(9, "new.exe")) with { Input = false, Sddl = "D:(A;;GA;;;WD)" },
                Desktop("Fresh"),
            ],
            [],
            []);

        var rows = DesktopDiff.Compare(before, after).Rows;

        rows.Select(row => (row.Change, row.Subject, row.Desktop, row.Before, row.After)).ShouldBe(
        [
            ("changed", "input", "Default", "yes", "no"),
            ("changed", "security", "Default", "D:(A;;GA;;;SY)", "D:(A;;GA;;;WD)"),
            ("removed", "process", "Default", "app.exe (1)", null),
            ("added", "process", "Default", null, "new.exe (9)"),
            ("removed", "desktop", "Old", "app.exe (1)", null),
            ("added", "desktop", "Fresh", null, "app.exe (1)"),
        ]);
        rows[^1].Findings.ShouldHaveSingleItem().Kind.ShouldBe("hidden-desktop");
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("{\"schema\":\"ntscope.syscalls/1\"}", "schema is ntscope.syscalls/1")]
    [InlineData("[]", "schema is missing")]
    public void A_document_that_is_no_desktop_report_is_refused_by_name(string document, string reason)
    {
        var refusal = Should.Throw<InputException>(() => DesktopReportReader.Read(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(document)), "a.json"));

        refusal.Message.ShouldStartWith("a.json: ");
        refusal.Message.ShouldContain(reason);
    }

    private static DesktopRow Judge(DesktopRow row, params string[] managed) => DesktopTriage.Judge([row], managed).ShouldHaveSingleItem();

    private static DesktopRow Desktop(string name, DesktopProcess? process = null) => new()
    {
        Session = 1,
        WindowStation = "WinSta0",
        Name = name,
        Input = false,
        Processes = [process ?? new DesktopProcess(1, "app.exe")],
    };
}
