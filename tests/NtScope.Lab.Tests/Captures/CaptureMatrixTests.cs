using System.Text;
using NtScope.Callbacks;
using NtScope.Images;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Attacks;
using NtScope.Rendering;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Syscalls.Verification;
using NtScope.Targets;

namespace NtScope.Lab.Tests.Captures;

/// <summary>The lab plants, the analysers find: everything that is there and nothing else, whatever the kernel and the format.</summary>
public class CaptureMatrixTests
{
    // A kernel dump has no user memory, so patched stubs are planted elsewhere; a relocated table would hide what is wrong with its entries.
    private static readonly LabAttack[] Attacks =
        [.. Enum.GetValues<LabAttack>().Except([LabAttack.RelocatedTable, LabAttack.RelocatedWin32kTable, LabAttack.PatchedStub, LabAttack.PatchedWin32uStub])];

    private static readonly Dictionary<LabAttack, VerificationKind> TableAttacks = new()
    {
        [LabAttack.RedirectedEntry] = VerificationKind.EntryOutsideModule,
        [LabAttack.RedirectedWin32kEntry] = VerificationKind.EntryOutsideModule,
        [LabAttack.MisdirectedEntry] = VerificationKind.EntryRedirected,
        [LabAttack.SwappedEntries] = VerificationKind.EntriesSwapped,
        [LabAttack.InlineHook] = VerificationKind.InlineHook,
        [LabAttack.HookedWin32kRoutine] = VerificationKind.InlineHook,
        [LabAttack.ChangedLimit] = VerificationKind.LimitChanged,
        [LabAttack.ChangedServiceLimit] = VerificationKind.LimitChanged,
        [LabAttack.ChangedArguments] = VerificationKind.ArgumentsChanged,
        [LabAttack.ChangedEntryArguments] = VerificationKind.ArgumentsChanged,
    };

    public static TheoryData<string> KernelsWithSymbols => [.. Kernels(hasSymbols: true).Select(kernel => kernel.Version.ToString())];

    public static TheoryData<string> SomeOfTheOthers => [.. Kernels(hasSymbols: false).Where((_, number) => number % 27 == 5).Select(kernel => kernel.Version.ToString())];

    [Theory]
    [MemberData(nameof(KernelsWithSymbols))]
    public void Every_attack_is_found_and_nothing_else_and_all_formats_say_the_same(string version)
    {
        using var machine = Build(version, Attacks, smeared: 40);
        string? first = null;
        foreach (var format in Enum.GetValues<CaptureFormat>())
        {
            using var file = new CaptureFile(machine, format);
            using var target = TargetOpener.Open(file.Path, new TargetOptions());
            CheckPlanted(machine, target);
            var answers = string.Join('\n', new[]
            {
                Text(ModuleAnalyser.Analyse(target, new SurveyOptions())), Text(ProcessAnalyser.Analyse(target)), Text(ThreadAnalyser.Analyse(target)), Text(DriverAnalyser.Analyse(target)),
                Text(ObjectAnalyser.Analyse(target)), Text(CallbackAnalyser.Analyse(target)),
                Text(SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions())),
            });
            answers.Length.ShouldBeGreaterThan(50_000);
            (first ??= answers).ShouldBe(answers, format.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(KernelsWithSymbols))]
    public void A_clean_machine_has_no_finding(string version)
    {
        using var machine = Build(version, [], smeared: 40);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());

        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.ShouldBeEmpty();
        ProcessAnalyser.Analyse(target).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        ThreadAnalyser.Analyse(target).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        ModuleAnalyser.Analyse(target, new SurveyOptions()).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        var callbacks = CallbackAnalyser.Analyse(target).Rows;
        callbacks.SelectMany(row => row.Findings).ShouldBeEmpty();
        callbacks.Where(row => row.Kind != CallbackKinds.Minifilter).Select(row => row.Address!.Value).ShouldBe(machine.Callbacks.Select(callback => callback.Routine), ignoreOrder: true);
        callbacks.Where(row => row.Kind == CallbackKinds.Minifilter && !row.Detail!.StartsWith("unload", StringComparison.Ordinal)).Select(row => (row.Slot, row.Address!.Value)).ShouldBe(
            machine.Filters.SelectMany((filter, slot) => filter.Operations.SelectMany(operation => new[] { (slot, operation.Before), (slot, operation.After) })).Where(routine => !routine.Item2.IsZero));
        callbacks.Where(row => row.Kind == CallbackKinds.Minifilter).ShouldAllBe(row => row.Detail!.EndsWith(@" Instance at " + machine.Filters[row.Slot].Altitude + @" on \Device\Mup, \Device\HarddiskVolume1, \Device\HarddiskVolume2"));
        DriverAnalyser.Analyse(target).Rows.Count.ShouldBe(machine.Drivers.Count);
        DriverAnalyser.Analyse(target).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(SomeOfTheOthers))]
    public void Of_kernels_without_symbols_the_tables_are_proved_too(string version)
    {
        using var clean = Build(version, [], smeared: 10);
        using var cleanFile = new CaptureFile(clean, CaptureFormat.Elf);
        using (var target = TargetOpener.Open(cleanFile.Path, new TargetOptions()))
        {
            target.Modules[0].Base.ShouldBe(clean.Kernel.Base);
            ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.ShouldBeEmpty();
        }

        using var machine = Build(version, Attacks, smeared: 10);
        using var file = new CaptureFile(machine, CaptureFormat.Dump);
        using var attacked = TargetOpener.Open(file.Path, new TargetOptions());
        CheckTables(machine, attacked);
    }

    [Theory]
    [InlineData(CaptureFormat.Raw, 8ul << 30)]
    [InlineData(CaptureFormat.Dump, 8ul << 30)]
    [InlineData(CaptureFormat.Bitmap, 8ul << 30)]
    [InlineData(CaptureFormat.Elf, 8ul << 30)]
    [InlineData(CaptureFormat.Raw, 64ul << 20)]
    public void Size_does_not_matter(CaptureFormat format, ulong size)
    {
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = Kernel("10.0.19041.1288"), MemorySize = size, Attacks = [LabAttack.RedirectedEntry] });
        using var file = new CaptureFile(machine, format);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());

        ModuleAnalyser.Analyse(target).Rows.Count(row => row.Unloaded is null).ShouldBe(machine.Modules.Count);
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Count.ShouldBe(1);
    }

    [Fact]
    public void Relocated_tables_are_found()
    {
        using var machine = Build("10.0.17763.379", [LabAttack.RelocatedTable, LabAttack.RelocatedWin32kTable], smeared: 0);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());

        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => (row.Kind, row.Address, row.Target!.Value))
            .ShouldBe(machine.Traces.Select(trace => (VerificationKind.TableRelocated, trace.Address, trace.Target)), ignoreOrder: true);
    }

    private static void CheckPlanted(MachineMemory machine, Target target)
    {
        CheckTables(machine, target);
        var processes = ProcessAnalyser.Analyse(target).Rows;
        processes.Count.ShouldBe(machine.Processes.Count);
        var unlinked = processes.Where(row => row.Findings.Count > 0).ShouldHaveSingleItem();
        unlinked.Name.ShouldBe("cmd.exe");
        unlinked.Object.ShouldBe(machine.Traces.Single(trace => trace.Attack == LabAttack.UnlinkedProcess).Address);
        ThreadAnalyser.Analyse(target).Rows.Where(row => row.Findings.Count > 0).ShouldHaveSingleItem().Object.ShouldBe(Trace(LabAttack.UnlinkedThread).Address);
        CallbackAnalyser.Analyse(target).Rows.Where(row => row.Findings.Count > 0).Select(row => (row.Kind, row.Address!.Value)).ShouldBe(
            machine.Traces.Where(trace => trace.Attack is LabAttack.ForeignCallback or LabAttack.ForeignRegistrations).Select(trace => (trace.Name, trace.Target))
            .Append((CallbackKinds.Minifilter, Trace(LabAttack.ForeignFilter).Target)), ignoreOrder: true);
        var modules = ModuleAnalyser.Analyse(target, new SurveyOptions()).Rows;
        modules.Count(row => row.Unloaded is null && row.Findings.Count == 0).ShouldBe(machine.Modules.Count - 1);
        var hidden = modules.Where(row => row.Findings.Any(finding => finding.Kind == "unlinked")).ShouldHaveSingleItem();
        (hidden.Base, hidden.Name).ShouldBe((Trace(LabAttack.UnlinkedModule).Target, "http"));
        hidden.SeenBy.ShouldBe(["pool", "drivers", "headers"]);
        var drivers = DriverAnalyser.Analyse(target).Rows;
        drivers.Count.ShouldBe(machine.Drivers.Count);
        drivers.Where(row => row.Findings.Count > 0).Select(row => (row.Name, row.Findings[0].Kind))
            .ShouldBe([(@"\Driver\Beep", "unlinked"), (@"\Driver\HTTP", "module-not-loaded"), (@"\Driver\Null", "dispatch-outside-modules")]);
        var entry = drivers.Where(row => row.Module is not null).SelectMany(row => row.Dispatch.Select(entry => (row.Object, Entry: entry))).Where(entry => entry.Entry.Findings.Count > 0).ShouldHaveSingleItem();
        (entry.Object, entry.Entry.Address).ShouldBe((machine.Drivers.Single(driver => driver.Path == Trace(LabAttack.ForeignDispatch).Name).Object, Trace(LabAttack.ForeignDispatch).Target));
        var device = drivers.SelectMany(row => row.Devices).Where(device => device.Findings.Count > 0).ShouldHaveSingleItem();
        (device.Object, device.Findings.Single().Kind).ShouldBe((Trace(LabAttack.ForeignDevice).Address, "foreign-device"));
        var hostile = machine.Traces.Where(trace => trace.Attack == LabAttack.HostileName).ToList();
        processes.ShouldContain(row => row.Object == hostile[0].Address && row.Name == hostile[0].Name);
        ObjectAnalyser.Analyse(target).Rows.ShouldContain(row => row.Object == hostile[1].Address && row.Path.EndsWith(hostile[1].Name));

        PlantedTrace Trace(LabAttack attack) => machine.Traces.Single(trace => trace.Attack == attack);
    }

    private static void CheckTables(MachineMemory machine, Target target)
    {
        var planted = machine.Traces.Where(trace => TableAttacks.ContainsKey(trace.Attack)).ToList();
        planted.Select(trace => trace.Attack).Distinct().ShouldBe(TableAttacks.Keys, ignoreOrder: true);
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => (row.Kind, row.Address, row.Target ?? default, row.Sessions.SingleOrDefault()?.Number))
            .ShouldBe(planted.Select(trace => (TableAttacks[trace.Attack], trace.Address, trace.Target, trace.Session)), ignoreOrder: true);
    }

    // The rows alone: what a report says of its target differs by format.
    private static string Text<TRow>(Report<TRow> report)
        where TRow : class, IReportRow<TRow>
    {
        using var text = new MemoryStream();
        new CsvRenderer().Render(report, text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static MachineMemory Build(string version, LabAttack[] attacks, int smeared) => MachineMemoryBuilder.Build(new MachineMemoryOptions
    {
        Kernel = Kernel(version),
        MemorySize = 128 << 20,
        Seed = version.Length * 31 + version[^1],
        Attacks = attacks,
        SmearedPages = smeared,
    });

    private static KnownKernel Kernel(string version)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        return KnowledgeBase.Embedded.FindKernel(parsed)!;
    }

    private static IEnumerable<KnownKernel> Kernels(bool hasSymbols) =>
        KnowledgeBase.Embedded.Kernels.Where(kernel => kernel is { HasServices: true, Architecture: ProcessorArchitecture.X64 } && kernel.HasSymbols == hasSymbols);
}
