using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Syscalls;
using NtScope.Syscalls.Verification;
using NtScope.Targets;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Captures;

/// <summary>Captures of lab machines, opened as a user would: every planted change of a service table is found, and nothing else.</summary>
public sealed class ServiceVerificationTests
{
    private static readonly LabAttack[] TableAttacks = [LabAttack.RedirectedEntry, LabAttack.SwappedEntries, LabAttack.InlineHook];

    [Theory]
    [InlineData("6.1.7601.24540", CaptureFormat.Dump)]
    [InlineData("6.3.9600.19913", CaptureFormat.Elf)]
    [InlineData("10.0.14393.4583", CaptureFormat.Bitmap)]
    [InlineData("10.0.18362.476", CaptureFormat.Raw)]
    [InlineData("10.0.18362.476", CaptureFormat.Dump)]
    [InlineData("10.0.18362.476", CaptureFormat.KernelBitmap)]
    [InlineData("10.0.19041.508", CaptureFormat.Elf)]
    [InlineData("10.0.22000.795", CaptureFormat.Raw)]
    public void A_clean_machine_gives_no_finding(string version, CaptureFormat format)
    {
        using var folder = new TemporaryFolder();
        using var machine = Build(version);
        using var target = Capture(machine, format, folder);
        var report = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null);
        report.Rows.Select(row => row.Detail).ShouldBeEmpty();
        report.Notes.ShouldContain(note => note.StartsWith("nt is compared with its known table of ", StringComparison.Ordinal));
        target.Modules[0].Base.ShouldBe(machine.Kernel.Base);
    }

    [Theory]
    [InlineData("6.1.7601.24540", CaptureFormat.Raw)]
    [InlineData("10.0.18362.476", CaptureFormat.Bitmap)]
    [InlineData("10.0.22000.318", CaptureFormat.Dump)]
    public void Every_planted_change_is_found_and_nothing_else(string version, CaptureFormat format)
    {
        using var folder = new TemporaryFolder();
        using var machine = Build(version, TableAttacks);
        using var target = Capture(machine, format, folder);
        var rows = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows;
        rows.Select(row => (row.Kind, row.Name, row.Address, row.Target)).ShouldBe(
            machine.Traces.Select(trace => (KindOf(trace.Attack), (string?)trace.Name, trace.Address, (VirtualAddress?)trace.Target)),
            ignoreOrder: true);
    }

    [Theory]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.318")]
    public void A_relocated_table_is_found_by_its_descriptors(string version)
    {
        using var folder = new TemporaryFolder();
        using var machine = Build(version, LabAttack.RelocatedTable);
        using var target = Capture(machine, CaptureFormat.Bitmap, folder);
        var rows = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows;
        rows.Select(row => (row.Kind, row.Address, row.Target)).ShouldBe(
            machine.Traces.Select(trace => (VerificationKind.TableRelocated, trace.Address, (VirtualAddress?)trace.Target)),
            ignoreOrder: true);
        rows.ShouldAllBe(row => row.Owner == "no module");
    }

    [Theory]
    [InlineData("6.1.7601.24540", CaptureFormat.Raw)]
    [InlineData("6.3.9600.19913", CaptureFormat.KernelBitmap)]
    [InlineData("10.0.14393.4583", CaptureFormat.Bitmap)]
    [InlineData("10.0.18362.476", CaptureFormat.Dump)]
    [InlineData("10.0.22000.318", CaptureFormat.Elf)]
    public void What_was_done_to_win32k_in_one_session_is_found_there_and_not_in_the_other(string version, CaptureFormat format)
    {
        using var folder = new TemporaryFolder();
        using var machine = Build(version, LabAttack.RedirectedWin32kEntry, LabAttack.HookedWin32kRoutine);
        using var target = Capture(machine, format, folder);

        var rows = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows;

        rows.Select(row => (row.Kind, row.Table, row.Address, row.Target, row.Sessions.Single().Number)).ShouldBe(
            machine.Traces.Select(trace => (KindOf(trace.Attack), ServiceTableKind.Win32k, trace.Address, (VirtualAddress?)trace.Target, trace.Session)), ignoreOrder: true);
        rows.ShouldAllBe(row => row.Sessions.Single().Number == 1);
        var entry = rows.Single(row => row.Kind == VerificationKind.EntryOutsideModule);
        target.Modules.Single(module => module.Name == "win32k").Image!.Exports.TryGetRva("W32pServiceTable", out var table).ShouldBeTrue();
        (entry.Address - (target.Modules.Single(module => module.Name == "win32k").Base!.Value + table)).ShouldBe((ulong)entry.Index!.Value.Number * 4);
        entry.CellAt(4).ShouldBe(Reports.Cell.Text("1"));
        if (machine.Version.Build >= 14393)
        {
            // Where each service is handed on by its name; before, the image does not name them.
            rows.Select(row => row.Name).ShouldBe(machine.Traces.Select(trace => trace.Name), ignoreOrder: true);
        }
    }

    [Fact]
    public void Hooks_at_one_address_are_two_findings_where_sessions_have_pages_of_their_own_and_one_where_they_share_it()
    {
        using var folder = new TemporaryFolder();
        using var machine = Build("10.0.18362.476", LabAttack.HookedWin32kRoutine);
        var hook = machine.Traces.Single();
        var services = machine.Processes.First(process => process.Session == 0).Space;
        services.WritePrivately(hook.Address, [0xE9, 0xFB, 0xFF, 0x0F, 0x00]);
        using (var target = Capture(machine, CaptureFormat.Raw, folder))
        {
            ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows.Select(row => (row.Kind, row.Address, row.Target!.Value, row.Sessions.Single().Number)).ShouldBe(
            [
                (VerificationKind.InlineHook, hook.Address, hook.Address + 0x10_0000, 0u),
                (VerificationKind.InlineHook, hook.Address, hook.Target, 1u),
            ]);
        }

        using var shared = Build("10.0.18362.476");
        shared.Processes.First(process => process.Session == 0).Space.Write(hook.Address, [0xE9, 0xFB, 0xFF, 0xFF, 0x0F]);
        using var both = Capture(shared, CaptureFormat.Raw, folder);
        var row = ServiceVerifier.Verify(both, KnowledgeBase.Embedded, references: null).Rows.ShouldHaveSingleItem();
        (row.Kind, row.Address).ShouldBe((VerificationKind.InlineHook, hook.Address));
        row.Sessions.Select(session => session.Number).ShouldBe([0u, 1u]);
        row.CellAt(4).ShouldBe(Reports.Cell.Text("0, 1"));
    }

    [Theory]
    [InlineData("6.1.7601.24540")]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.318")]
    public void A_relocated_table_of_win32k_is_found_by_its_descriptor(string version)
    {
        using var folder = new TemporaryFolder();
        using var machine = Build(version, LabAttack.RelocatedWin32kTable);
        using var target = Capture(machine, CaptureFormat.Bitmap, folder);

        var row = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows.ShouldHaveSingleItem();

        var trace = machine.Traces.Single();
        (row.Kind, row.Table, row.Address, row.Target, row.Owner).ShouldBe((VerificationKind.TableRelocated, ServiceTableKind.Win32k, trace.Address, trace.Target, "no module"));
    }

    [Theory]
    [InlineData("10.0.14393.4583")]
    [InlineData("10.0.18362.476")]
    public void Without_files_a_patched_stub_differs_from_what_the_other_processes_share(string version)
    {
        using var folder = new TemporaryFolder();
        using var machine = Build(version, LabAttack.PatchedStub, LabAttack.PatchedWin32uStub);
        using var target = Capture(machine, CaptureFormat.Raw, folder);

        var rows = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows;

        rows.Select(row => (row.Kind, row.Name, row.Address, row.Target, row.Evidence)).ShouldBe(
            machine.Traces.Select(trace => (VerificationKind.StubPatched, (string?)trace.Name, trace.Address, (VirtualAddress?)trace.Target, VerificationEvidence.Structure)), ignoreOrder: true);
        rows.Select(row => row.Table).ShouldBe([ServiceTableKind.Nt, ServiceTableKind.Win32k]);
        rows.ShouldAllBe(row => row.Detail.Contains("notepad.exe") && row.Owner == "no module");
    }

    [Fact]
    public void The_answers_are_the_same_in_every_format()
    {
        using var folder = new TemporaryFolder();
        using var machine = Build("10.0.18362.476", TableAttacks);
        string? first = null;
        foreach (var format in Enum.GetValues<CaptureFormat>())
        {
            using var target = Capture(machine, format, folder);
            var answer = string.Join('\n', SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()).Rows)
                + string.Join('\n', ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows.Select(row => $"{row.Kind} {row.Index} {row.Address} {row.Detail}"))
                + string.Join('\n', target.Modules.Select(module => $"{module.Name} {module.Base} {module.Size}"));
            first ??= answer;
            answer.ShouldBe(first, format.ToString());
        }
    }

    private static VerificationKind KindOf(LabAttack attack) => attack switch
    {
        LabAttack.RedirectedEntry or LabAttack.RedirectedWin32kEntry => VerificationKind.EntryOutsideModule,
        LabAttack.SwappedEntries => VerificationKind.EntriesSwapped,
        _ => VerificationKind.InlineHook,
    };

    private static MachineMemory Build(string version, params LabAttack[] attacks)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        return MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = KnowledgeBase.Embedded.FindKernel(parsed)!, MemorySize = 128 << 20, Attacks = attacks, Seed = 3 });
    }

    private static Target Capture(MachineMemory machine, CaptureFormat format, TemporaryFolder folder)
    {
        var path = folder.File("machine." + format);
        CaptureWriter.Write(machine, format, path);
        return TargetOpener.Open(path, new TargetOptions());
    }
}
