using NtScope.Desktops;
using NtScope.Desktops.Captured;
using NtScope.Kernel.Processes;
using NtScope.Reports;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Desktops;

public class CapturedDesktopsTests
{
    [Fact]
    public void Every_desktop_of_a_station_is_read_with_its_threads_and_windows()
    {
        var machine = new Machine();
        var report = machine.Analyse();

        report.Rows.Select(static row => (row.Session, row.WindowStation, row.Name)).ShouldBe([(1, "WinSta0", "Default"), (1, "WinSta0", "Hidden"), (1, "WinSta0", "Winlogon"), (1, "Service-0x0-3e7$", null)]);
        var standard = report.Rows[0];
        standard.Object.ShouldBe(machine.Default);
        standard.SeenBy.ShouldBe(["list", "pool"]);
        standard.Threads.ShouldBe([new DesktopThread(0x104, 0x100, "explorer.exe"), new DesktopThread(0x108, 0x100, "explorer.exe")]);
        standard.Windows.Select(static window => (window.Title, window.Pid, window.Tid, window.Visible)).ShouldBe(
            [("Program Manager", 0x100u, 0x104u, true), ("secret", 0x100u, 0x108u, false), ("Start", 0x100u, 0x104u, true)]);
        standard.Findings.ShouldBeEmpty();
        report.Notes.ShouldContain(static note => note.Contains("win32k of build 19041 was proven", StringComparison.Ordinal));
    }

    [Fact]
    public void A_hidden_desktop_of_a_capture_is_a_finding()
    {
        var hidden = new Machine().Analyse().Rows.Single(static row => row.Name == "Hidden");

        var finding = hidden.Findings.ShouldHaveSingleItem();
        finding.Kind.ShouldBe("hidden-desktop");
        finding.Detail.ShouldContain("evil.exe (512)");
    }

    [Fact]
    public void A_desktop_that_was_taken_out_of_its_list_is_found_in_the_pool()
    {
        var machine = new Machine();
        machine.Kernel.WritePointer(machine.Default + machine.Desktops.OffsetOf("tagDESKTOP", "rpdeskNext"), machine.Winlogon);

        var hidden = machine.Analyse().Rows.Single(static row => row.Name == "Hidden");

        hidden.SeenBy.ShouldBe(["pool"]);
        hidden.Threads.ShouldHaveSingleItem().Process.ShouldBe("evil.exe");
        hidden.Findings.Select(static finding => finding.Kind).ShouldBe(["views-disagree", "hidden-desktop"]);
    }

    [Theory]
    [InlineData("tagWINDOWSTATION.rpdeskList", 0x30u)]
    [InlineData("tagDESKTOP.rpdeskNext", 0x58u)]
    [InlineData("tagDESKTOP.rpwinstaParent", 0x60u)]
    [InlineData("tagDESKTOP.pDeskInfo", 0x70u)]
    [InlineData("tagDESKTOP.PtiList", 0x1a0u)]
    [InlineData("tagDESKTOPINFO.spwnd", 0x38u)]
    [InlineData("tagTHREADINFO.PtiLink", 0x358u)]
    [InlineData("tagWND.spwndChild", 0x98u)]
    [InlineData("tagWND.spwndNext", 0x108u)]
    public void A_field_that_a_build_moved_is_found_by_what_it_must_hold_and_the_report_says_so(string field, uint offset)
    {
        var report = new Machine(new Dictionary<string, uint>(StringComparer.Ordinal) { [field] = offset }).Analyse();

        report.Rows.Count(static row => row.Name is not null).ShouldBe(3);
        report.Rows[0].Threads.Count.ShouldBe(2);
        report.Rows[0].Windows.Select(static window => window.Title).ShouldBe(["Program Manager", "secret", "Start"]);
        report.Notes.ShouldContain(note => note.Contains($"{field} is at 0x{offset:x}", StringComparison.Ordinal));
    }

    [Fact]
    public void Cyclic_lists_end_and_are_said()
    {
        var machine = new Machine();
        machine.Kernel.WritePointer(machine.Winlogon + machine.Desktops.OffsetOf("tagDESKTOP", "rpdeskNext"), machine.Default);
        machine.Kernel.WritePointer(machine.LastWindow + machine.Desktops.OffsetOf("tagWND", "spwndNext"), machine.FirstWindow);

        var report = machine.Analyse();

        report.Rows.Count(static row => row.Name is not null).ShouldBe(3);
        report.Notes.ShouldContain(static note => note.Contains("comes back to", StringComparison.Ordinal));
        report.Rows[0].Findings.ShouldContain(static finding => finding.Kind == DesktopFindings.BrokenList);
    }

    [Fact]
    public void Random_bytes_over_the_structures_never_end_in_an_exception()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var machine = new Machine();
            var random = new Random(seed);
            foreach (var place in new[] { machine.Default, machine.Hidden, machine.Winlogon, machine.FirstWindow, machine.LastWindow })
            {
                for (var i = 0; i < 12; i++)
                {
                    machine.Kernel.WriteNumber(place + (ulong)random.Next(0x40) * 8, random.Next(3) == 0 ? (ulong)random.NextInt64() : (machine.Default + (ulong)random.Next(0x1000)).Value);
                }
            }

            machine.Analyse().Rows.Count.ShouldBeGreaterThan(0);
        }
    }

    private sealed class Machine
    {
        public Machine(IReadOnlyDictionary<string, uint>? moved = null)
        {
            var names = new FakeNamespace(Kernel);
            var processes = new FakeProcesses(Kernel);
            Desktops = new FakeDesktops(Kernel, names, moved);
            var explorer = processes.AddProcess(0x100, "explorer.exe");
            var first = processes.AddThread(explorer, 0x104);
            var second = processes.AddThread(explorer, 0x108);
            var evil = processes.AddThread(processes.AddProcess(0x200, "evil.exe"), 0x204);
            var station = Desktops.AddStation("WinSta0");
            Desktops.AddStation("Service-0x0-3e7$");
            Default = Desktops.AddDesktop(station, "Default");
            Hidden = Desktops.AddDesktop(station, "Hidden", Default);
            Winlogon = Desktops.AddDesktop(station, "Winlogon", Hidden);
            var firstInformation = Desktops.AddThread(Default, first);
            var secondInformation = Desktops.AddThread(Default, second);
            FirstWindow = Desktops.AddWindow(Default, firstInformation, "Program Manager", true);
            Desktops.AddWindow(Default, secondInformation, "secret", false);
            LastWindow = Desktops.AddWindow(Default, firstInformation, "Start", true);
            Desktops.AddWindow(Hidden, Desktops.AddThread(Hidden, evil), "hvnc", true);
        }

        public FakeKernel Kernel { get; } = new();

        public FakeDesktops Desktops { get; }

        public VirtualAddress Default { get; }

        public VirtualAddress Hidden { get; }

        public VirtualAddress Winlogon { get; }

        public VirtualAddress FirstWindow { get; }

        public VirtualAddress LastWindow { get; }

        public Report<DesktopRow> Analyse() => CapturedDesktops.Analyse(Kernel.ToTarget(), new SurveyOptions());
    }
}
