using NtScope.Desktops;
using NtScope.Desktops.Security;
using NtScope.Windows.Desktops;

namespace NtScope.Windows.Tests.Desktops;

public class LiveDesktopTreeTests
{
    private static readonly AccessRight[] AllRights = [.. DesktopRights.OfDesktop.Where(static right => right.Name is "DESKTOP_ENUMERATE" or "DESKTOP_READOBJECTS" or "READ_CONTROL")];

    [Fact]
    public void The_secure_desktop_is_a_row_that_says_which_rights_are_missing()
    {
        var row = Read(System()).Rows.Single(static row => row.Name == "Winlogon");

        row.Role.ShouldBe(DesktopRole.Secure);
        row.Findings.Select(static finding => finding.Detail.Split(' ')[0]).ShouldBe(["DESKTOP_ENUMERATE", "DESKTOP_READOBJECTS", "READ_CONTROL"]);
        row.Findings.ShouldAllBe(static finding => finding.Kind == "access-denied");
    }

    [Fact]
    public void Heap_size_user_and_descriptor_are_shown_where_the_system_answers()
    {
        var row = Read(System()).Rows.Single(static row => row.Name == "Default");

        row.HeapKilobytes.ShouldBe(20480u);
        row.User.ShouldBe("S-1-5-21-1-2-3-1001");
        row.Input.ShouldBe(true);
        row.Processes.Select(static process => process.Name).ShouldBe(["process100.exe"]);
    }

    [Fact]
    public void A_station_of_another_session_is_shown_and_said_to_be_out_of_reach()
    {
        var row = Read(System()).Rows.Single(static row => row.Session == 0);

        row.WindowStation.ShouldBe("Service-0x0-3e7$");
        row.Findings.ShouldHaveSingleItem().Kind.ShouldBe("other-session");
    }

    [Fact]
    public void A_session_whose_namespace_is_closed_is_a_row_and_not_a_gap()
    {
        var system = System();
        system.ServiceStations = Outcome<IReadOnlyList<string>>.Failed(ErrorText.AccessDenied);

        var finding = Read(system).Rows.Single(static row => row.Session == 0).Findings.ShouldHaveSingleItem();

        finding.Kind.ShouldBe("access-denied");
        finding.Detail.ShouldContain("run as administrator");
    }

    [Fact]
    public void A_station_that_only_the_namespace_shows_is_marked()
    {
        var system = System();
        system.Stations.Add("Secret", new StationFacts { Name = "Secret", OpenError = ErrorText.AccessDenied, MissingRights = [.. DesktopRights.OfStation], Desktops = Outcome<IReadOnlyList<DesktopFacts>>.Failed(ErrorText.AccessDenied) });
        system.HiddenStations.Add("Secret");

        var row = Read(system).Rows.Single(static row => row.WindowStation == "Secret");

        row.SeenBy.ShouldBe(["namespace"]);
        row.Name.ShouldBeNull();
        row.Findings[0].Kind.ShouldBe("not-enumerated");
        row.Findings.ShouldContain(static finding => finding.Detail.StartsWith("WINSTA_ENUMDESKTOPS is denied"));
    }

    [Fact]
    public void Windows_of_threads_on_no_listed_desktop_are_a_row_of_their_own()
    {
        var system = System();
        system.Unplaced.Add(new DesktopWindow(0x99, "Hidden", "unseen", 666, 667, true, null));

        var row = Read(system).Rows.Single(static row => row.Name is null && row.WindowStation is null && row.Session == 2);

        row.SeenBy.ShouldBe(["threads"]);
        row.Findings.ShouldHaveSingleItem().Kind.ShouldBe("unplaced-windows");
    }

    [Fact]
    public void Handles_give_the_object_and_show_what_nothing_lists()
    {
        var system = System();
        system.Handles.Add(new DesktopHandleFacts("Default", new VirtualAddress(0xffff9b0112345678), [100]));
        system.Handles.Add(new DesktopHandleFacts("Lost", null, [200]));

        var report = Read(system);

        report.Rows.Single(static row => row.Name == "Default").Object.ShouldBe(new VirtualAddress(0xffff9b0112345678));
        report.Rows.Single(static row => row.Name == "Lost").Findings.Select(static finding => finding.Kind).ShouldBe(["seen-by-handle-only", "hidden-desktop"]);
    }

    [Fact]
    public void A_desktop_that_its_station_does_not_list_but_that_answers_to_its_name_is_marked()
    {
        var system = System();
        system.Stations["WinSta0"] = system.Stations["WinSta0"] with
        {
            Desktops = new([new DesktopFacts { Name = "Winlogon", IsListed = false, OpenError = ErrorText.AccessDenied, MissingRights = AllRights, Input = new(false) }]),
        };

        var row = Read(system).Rows.Single(static row => row.Name == "Winlogon");

        row.SeenBy.ShouldBe(["name"]);
        row.Findings.Count(static finding => finding.Kind == "access-denied").ShouldBe(3);
    }

    [Fact]
    public void A_desktop_that_a_process_holds_without_a_window_on_it_is_a_finding_too()
    {
        var system = System();
        system.Stations["WinSta0"] = system.Stations["WinSta0"] with { Desktops = new([.. system.Stations["WinSta0"].Desktops.Value!, new DesktopFacts { Name = "Kept", Input = new(false), Windows = new([]) }]) };
        system.Handles.Add(new DesktopHandleFacts("Kept", null, [300]));
        system.Handles.Add(new DesktopHandleFacts("Default", null, [100, 300]));

        var report = Read(system);

        var row = report.Rows.Single(static row => row.Name == "Kept");
        row.Holders.ShouldHaveSingleItem().Pid.ShouldBe(300u);
        row.Findings.ShouldHaveSingleItem().Detail.ShouldContain("a process holds it open: process300.exe (300)");
        report.Rows.Single(static row => row.Name == "Default").Holders.ShouldBeEmpty();
    }

    [Fact]
    public void Sessions_that_cannot_be_listed_leave_the_present_one()
    {
        var system = System();
        system.AllSessions = Outcome<IReadOnlyList<SessionFacts>>.Failed(ErrorText.AccessDenied);

        var report = Read(system);

        report.Rows.ShouldAllBe(static row => row.Session == 2);
        report.Notes[0].ShouldContain("could not be listed: access is denied (error 5)");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(1450)]
    public void An_exhausted_desktop_heap_is_called_that(int error) => ErrorText.Of(error).ShouldContain("desktop heap of the session is exhausted");

    private static NtScope.Reports.Report<DesktopRow> Read(FakeWindowSystem system) => LiveDesktopTree.Read(system, []);

    private static FakeWindowSystem System()
    {
        var system = new FakeWindowSystem();
        system.Stations.Add("WinSta0", new StationFacts
        {
            Name = "WinSta0",
            Desktops = new(
            [
                new DesktopFacts
                {
                    Name = "Default",
                    Input = new(true),
                    Flags = new(0u),
                    HeapKilobytes = new(20480u),
                    User = new("S-1-5-21-1-2-3-1001"),
                    Windows = new([new DesktopWindow(0x10, "Progman", "Program Manager", 100, 101, true, null)]),
                },
                new DesktopFacts { Name = "Winlogon", OpenError = ErrorText.AccessDenied, MissingRights = AllRights, Input = new(false) },
            ]),
        });
        return system;
    }
}
