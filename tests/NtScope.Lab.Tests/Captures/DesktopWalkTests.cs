using NtScope.Desktops;
using NtScope.Desktops.Captured;
using NtScope.Kernel.Processes;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Targets;

namespace NtScope.Lab.Tests.Captures;

/// <summary>The desktops of lab machines, read out of their captures.</summary>
public class DesktopWalkTests
{
    public static TheoryData<string> Kernels =>
        [.. KnowledgeBase.Embedded.Kernels.Where(static kernel => kernel is { HasSymbols: true, HasServices: true, Architecture: ProcessorArchitecture.X64 }).Select(static kernel => kernel.Version.ToString())];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_desktop_comes_out_with_its_threads_and_windows_and_only_the_planted_one_is_a_finding(string version)
    {
        var kernel = KnowledgeBase.Embedded.Kernels.First(kernel => kernel.HasSymbols && kernel.Version.ToString() == version);
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, MemorySize = 128ul << 20, Attacks = [LabAttack.HiddenDesktop] });
        using var file = new CaptureFile(machine, CaptureFormat.Elf);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());

        var rows = CapturedDesktops.Analyse(target, new SurveyOptions()).Rows;

        rows.Count.ShouldBe(machine.Desktops.Count);
        foreach (var planted in machine.Desktops)
        {
            var row = rows.Single(row => row.Object == planted.Object);
            (row.Session, row.WindowStation, row.Name).ShouldBe(((int?)planted.Session, planted.WindowStation, planted.Name));
            row.SeenBy.ShouldBe(["list", "pool"]);
            row.Threads.Select(static thread => thread.Tid).ShouldBe(planted.Threads.Select(static thread => thread.Id));
            row.Windows.Select(static window => (window.Handle, window.Title, window.Pid, window.Tid, window.Visible))
                .ShouldBe(planted.Windows.Select(static window => ((ulong)window.Handle, (string?)window.Title, (uint?)window.ProcessId, (uint?)window.ThreadId, (bool?)window.IsVisible)));
        }

        var finding = rows.SelectMany(static row => row.Findings).ShouldHaveSingleItem();
        finding.Kind.ShouldBe(DesktopFindings.HiddenDesktop);
        finding.Detail.ShouldContain("svchost.exe");
        finding.Detail.ShouldContain(@"\Device\HarddiskVolume1\Windows\System32\svchost.exe, started as ""C:\Windows\System32\svchost.exe""");
        finding.Detail.ShouldMatch(@"since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ");
    }
}
