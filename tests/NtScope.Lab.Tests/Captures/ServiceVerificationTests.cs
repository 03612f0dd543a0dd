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

    [Fact]
    public void The_answers_are_the_same_in_every_format()
    {
        using var folder = new TemporaryFolder();
        using var machine = Build("10.0.18362.476", TableAttacks);
        // A kernel dump lacks session space, so the window manager is left out here.
        string? first = null;
        foreach (var format in Enum.GetValues<CaptureFormat>())
        {
            using var target = Capture(machine, format, folder);
            var answer = string.Join('\n', SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions { Tables = [ServiceTableKind.Nt] }).Rows)
                + string.Join('\n', ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows.Select(row => $"{row.Kind} {row.Index} {row.Address} {row.Detail}"))
                + string.Join('\n', target.Modules.Select(module => $"{module.Name} {module.Base} {module.Size}"));
            first ??= answer;
            answer.ShouldBe(first, format.ToString());
        }
    }

    private static VerificationKind KindOf(LabAttack attack) => attack switch
    {
        LabAttack.RedirectedEntry => VerificationKind.EntryOutsideModule,
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
