using NtScope.Kernel.Processes;
using NtScope.Reports;
using NtScope.Symbols;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Kernel;

public class ProcessAnalyserTests
{
    [Theory]
    [InlineData("10.0.14393.4583")]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.795")]
    public void Every_way_shows_every_process(string version)
    {
        var kernel = new FakeKernel(version);
        var processes = new FakeProcesses(kernel);
        processes.AddThread(processes.AddProcess(0x1F4, "explorer.exe", 0x1F0), 0x1F8);

        var report = ProcessAnalyser.Analyse(kernel.ToTarget());

        report.Rows.Select(row => (row.Pid, row.ParentPid, row.Name)).ShouldBe([(4, 0, "System"), (0x1F4, 0x1F0, "explorer.exe")]);
        foreach (var row in report.Rows)
        {
            row.SeenBy.Order(StringComparer.Ordinal).ShouldBe(["handles", "list", "pool", "threads"]);
            row.Findings.ShouldBeEmpty();
            row.Exited.ShouldBeNull();
        }

        report.Rows[0].Object.ShouldBe(processes.System);
        report.Rows[0].Created.ShouldBe("2019-04-17T18:40:00.000Z");
        report.Rows[0].DirectoryTableBase.ShouldBe(0x1AD000u + 0x4000);
    }

    [Fact]
    public void A_process_taken_out_of_the_list_is_found_by_every_other_way_and_said_to_be_unlinked()
    {
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        var hidden = processes.AddProcess(0x100, "evil.exe");
        processes.AddThread(hidden, 0x104);
        processes.AddProcess(0x200, "svchost.exe");
        kernel.Unlink(processes.LinksOf(hidden));

        var rows = ProcessAnalyser.Analyse(kernel.ToTarget()).Rows;

        var row = rows.Single(candidate => candidate.Object == hidden);
        row.Name.ShouldBe("evil.exe");
        row.SeenBy.Order(StringComparer.Ordinal).ShouldBe(["handles", "pool", "threads"]);
        row.Findings.ShouldHaveSingleItem().Kind.ShouldBe("unlinked");
        rows.Where(candidate => candidate.Object != hidden).SelectMany(candidate => candidate.Findings).ShouldBeEmpty();
    }

    [Fact]
    public void A_process_that_only_the_pool_shows_is_found()
    {
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        var hidden = processes.AddProcess(0x100, "evil.exe");
        kernel.Unlink(processes.LinksOf(hidden));
        processes.RemoveIdentifier(0x100);

        ProcessAnalyser.Analyse(kernel.ToTarget()).Rows.Single(row => row.Object == hidden).SeenBy.ShouldBe(["pool"]);
        ProcessAnalyser.Analyse(kernel.ToTarget(), new SurveyOptions { ScanPool = false }).Rows.ShouldNotContain(row => row.Object == hidden);
    }

    [Fact]
    public void A_process_that_ended_is_not_called_unlinked()
    {
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        var ended = processes.AddProcess(0x100, "setup.exe");
        kernel.Unlink(processes.LinksOf(ended));
        kernel.WriteNumber(ended + kernel.OffsetOf("_EPROCESS", "ExitTime"), 132000000100000000);

        var row = ProcessAnalyser.Analyse(kernel.ToTarget()).Rows.Single(candidate => candidate.Object == ended);

        row.Exited.ShouldBe("2019-04-17T18:40:10.000Z");
        row.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_list_that_leads_nowhere_ends_the_walk_and_is_said()
    {
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        processes.AddProcess(0x100, "a.exe");
        var last = processes.AddProcess(0x200, "b.exe");
        kernel.WriteNumber(processes.LinksOf(processes.System), 0x1234567890);

        var report = ProcessAnalyser.Analyse(kernel.ToTarget());

        report.Rows.Count.ShouldBe(3);
        report.Rows.Single(row => row.Object == last).SeenBy.ShouldContain(source => source == "list");
        report.Notes.ShouldContain(note => note.Contains("cannot be followed", StringComparison.Ordinal));
        report.Rows.SelectMany(row => row.Findings).ShouldNotContain(finding => finding.Kind == "unlinked");
    }

    [Fact]
    public void A_cyclic_list_ends_the_walk_and_is_said()
    {
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        var first = processes.AddProcess(0x100, "a.exe");
        kernel.WritePointer(processes.LinksOf(first), processes.LinksOf(processes.System));

        var report = ProcessAnalyser.Analyse(kernel.ToTarget());

        report.Notes.ShouldContain(note => note.Contains("comes back", StringComparison.Ordinal));
        report.Rows.Count.ShouldBe(2);
    }

    [Fact]
    public void Without_symbols_exports_are_enough()
    {
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        processes.AddProcess(0x100, "a.exe");
        kernel.Symbols = new SymbolTable(kernel.Symbols.All().Where(symbol => symbol.Name is "PsInitialSystemProcess" or "PsProcessType"));

        var report = ProcessAnalyser.Analyse(kernel.ToTarget());

        report.Rows.Select(row => row.Name).ShouldBe(["System", "a.exe"]);
        report.Rows.ShouldAllBe(row => row.SeenBy.Intersect(new[] { "list", "pool" }).Count() == 2);
        report.Notes.ShouldContain(note => note.Contains("PspCidTable", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_symbols_the_table_of_IDs_is_found_by_the_code_that_reads_it()
    {
        // PsLookupProcessByProcessId: mov rax, [PspCidTable]; ret
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        var hidden = processes.AddProcess(0x100, "evil.exe");
        kernel.Unlink(processes.LinksOf(hidden));
        var export = kernel.Symbol("PsLookupProcessByProcessId");
        kernel.Write(export, [0x48, 0x8B, 0x05, .. BitConverter.GetBytes((int)(kernel.Symbol("PspCidTable").Value - (export.Value + 7))), 0xC3]);
        kernel.Symbols = new SymbolTable(kernel.Symbols.All().Where(symbol => symbol.Name is "PsInitialSystemProcess" or "PsProcessType" or "PsLookupProcessByProcessId"));

        var report = ProcessAnalyser.Analyse(kernel.ToTarget(), new SurveyOptions { ScanPool = false });

        report.Rows.Single(row => row.Object == hidden).SeenBy.ShouldBe(["handles"]);
        report.Notes.ShouldContain(note => note.Contains("by the code of nt!PsLookupProcessByProcessId", StringComparison.Ordinal));
    }

    [Fact]
    public void Threads_are_cross_viewed_too()
    {
        var kernel = new FakeKernel();
        var processes = new FakeProcesses(kernel);
        var hidden = processes.AddThread(processes.System, 0x40);
        kernel.Unlink(hidden + kernel.OffsetOf("_ETHREAD", "ThreadListEntry"));
        kernel.WriteNumber(hidden + kernel.OffsetOf("_ETHREAD", "Win32StartAddress"), 0xFFFFF880_12345678);

        var report = ThreadAnalyser.Analyse(kernel.ToTarget());

        report.Rows.Select(row => row.Tid).ShouldBe([8, 0x40]);
        report.Rows[0].Symbol.ShouldBe("nt!PspSystemThreadStartup");
        report.Rows[0].State.ShouldBe("waiting");
        report.Rows[0].Process.ShouldBe("System");
        report.Rows[0].Findings.ShouldBeEmpty();
        report.Rows[1].Findings.Select(finding => finding.Kind).ShouldBe(["unlinked", "outside-modules"]);
    }

    [Fact]
    public void An_image_is_told_that_it_has_no_processes()
    {
        var target = new Target
        {
            Kind = TargetKind.Image,
            Summary = new TargetSummary("ntoskrnl.exe", "image", "x64", null, null),
            Architecture = ProcessorArchitecture.X64,
            Memory = new FakeKernel(),
            Modules = [new Module { Name = "nt", Path = "ntoskrnl.exe", Size = 0x1000 }],
        };

        Should.Throw<InputException>(() => ProcessAnalyser.Analyse(target)).Message.ShouldStartWith("ntoskrnl.exe: ");
    }
}
