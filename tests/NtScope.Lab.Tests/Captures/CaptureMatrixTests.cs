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
using NtScope.Testing;

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
            var answers = Answers(target);
            (first ??= answers).ShouldBe(answers, format.ToString());
        }
    }

    [Theory]
    [InlineData("6.1.7601.24540")]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.318")]
    public void Formats_of_others_say_the_same(string version)
    {
        using var machine = Build(version, Attacks, smeared: 20);
        using var folder = new TemporaryFolder();
        using var raw = new CaptureFile(machine, CaptureFormat.Raw);
        string expected;
        using (var target = TargetOpener.Open(raw.Path, new TargetOptions()))
        {
            CheckPlanted(machine, target);
            expected = Answers(target);
        }

        Check(OtherWriters.Lime(machine, folder), NtScope.Captures.CaptureFormat.Lime);
        Check(OtherWriters.VMware(machine, folder, "vmsn"), NtScope.Captures.CaptureFormat.VMware);
        Check(OtherWriters.VMware(machine, folder, "vmss"), NtScope.Captures.CaptureFormat.VMware);
        Check(OtherWriters.VirtualBox(machine, folder), NtScope.Captures.CaptureFormat.ElfCore);
        Check(OtherWriters.KernelDump(machine, folder), NtScope.Captures.CaptureFormat.KernelDump);
        foreach (var type in new uint[] { 8, 9, 10 })
        {
            Check(OtherWriters.Ranges(machine, folder, type), NtScope.Captures.CaptureFormat.RangeDump);
        }

        void Check(string path, NtScope.Captures.CaptureFormat format)
        {
            using (var capture = NtScope.Captures.Capture.Open(path))
            {
                capture.Format.ShouldBe(format, path);
            }

            using var target = TargetOpener.Open(path, new TargetOptions());
            Answers(target).ShouldBe(expected, path);
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
        Decidable.In(ProcessAnalyser.Analyse(target).Rows, machine, row => row.Object).SelectMany(row => row.Findings).ShouldBeEmpty();
        Decidable.In(ThreadAnalyser.Analyse(target).Rows, machine, row => row.Object).SelectMany(row => row.Findings).ShouldBeEmpty();
        Decidable.In(ModuleAnalyser.Analyse(target, new SurveyOptions()).Rows, machine, row => row.Base).SelectMany(row => row.Findings).ShouldBeEmpty();
        // A block of an earlier moment holds no routine yet.
        var callbacks = Decidable.In(CallbackAnalyser.Analyse(target).Rows, machine, row => row.Address).Where(row => row.Address is not null).ToList();
        callbacks.SelectMany(row => row.Findings).ShouldBeEmpty();
        callbacks.Where(row => row.Kind != CallbackKinds.Minifilter).Select(row => row.Address!.Value)
            .ShouldBe(Decidable.In(machine.Callbacks.Select(callback => callback.Routine), machine), ignoreOrder: true);
        callbacks.Where(row => row.Kind == CallbackKinds.Minifilter && !row.Detail!.StartsWith("unload", StringComparison.Ordinal)).Select(row => (row.Slot, row.Address!.Value)).ShouldBe(
            machine.Filters.SelectMany((filter, slot) => filter.Operations.SelectMany(operation => new[] { (slot, operation.Before), (slot, operation.After) })).Where(routine => !routine.Item2.IsZero));
        callbacks.Where(row => row.Kind == CallbackKinds.Minifilter).ShouldAllBe(row => row.Detail!.EndsWith(@" Instance at " + machine.Filters[row.Slot].Altitude + @" on \Device\Mup, \Device\HarddiskVolume1, \Device\HarddiskVolume2"));
        var drivers = Decidable.In(DriverAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        drivers.Select(row => row.Object).ShouldBe(Decidable.In(machine.Drivers.Select(driver => driver.Object), machine), ignoreOrder: true);
        drivers.SelectMany(row => row.Findings).ShouldBeEmpty();
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
        var processes = Decidable.In(ProcessAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        processes.Select(row => row.Object).ShouldBe(Decidable.In(machine.Processes.Select(process => process.Object), machine), ignoreOrder: true);
        var unlinked = processes.Where(row => row.Findings.Count > 0).ShouldHaveSingleItem();
        (unlinked.Name, unlinked.Object).ShouldBe(("cmd.exe", Trace(LabAttack.UnlinkedProcess).Address));
        Decidable.In(ThreadAnalyser.Analyse(target).Rows, machine, row => row.Object).Where(row => row.Findings.Count > 0).ShouldHaveSingleItem().Object.ShouldBe(Trace(LabAttack.UnlinkedThread).Address);
        var modules = Decidable.In(ModuleAnalyser.Analyse(target, new SurveyOptions()).Rows, machine, row => row.Base).ToList();
        modules.Count(row => row.Unloaded is null && row.Findings.Count == 0).ShouldBe(Decidable.In(machine.Modules, machine, module => module.Base).Count() - 1);

        // Where a page of an earlier moment breaks the list of modules, nothing is accused of lying outside of all of them; a node that leads elsewhere than its filter's table still is.
        var isWhole = target.IsModuleListWhole;
        var hidden = modules.Where(row => row.Findings.Any(finding => finding.Kind == (isWhole ? "unlinked" : "unlisted"))).ShouldHaveSingleItem();
        (hidden.Base, hidden.Name).ShouldBe((Trace(LabAttack.UnlinkedModule).Target, "http"));
        hidden.SeenBy.ShouldBe(["pool", "drivers", "headers"]);
        Decidable.In(CallbackAnalyser.Analyse(target).Rows, machine, row => row.Address).Where(row => row.Address is not null && row.Findings.Count > 0).Select(row => (row.Kind, row.Address!.Value)).ShouldBe(
            machine.Traces.Where(trace => isWhole && trace.Attack is (LabAttack.ForeignCallback or LabAttack.ForeignRegistrations)).Select(trace => (trace.Name, trace.Target))
            .Append((CallbackKinds.Minifilter, Trace(LabAttack.ForeignFilter).Target)), ignoreOrder: true);
        var drivers = Decidable.In(DriverAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        drivers.Select(row => row.Object).ShouldBe(Decidable.In(machine.Drivers.Select(driver => driver.Object), machine), ignoreOrder: true);
        drivers.Where(row => row.Findings.Count > 0).Select(row => (row.Name, row.Findings[0].Kind)).ShouldBe(isWhole
            ? [(@"\Driver\Beep", "unlinked"), (@"\Driver\HTTP", "module-not-loaded"), (@"\Driver\Null", "dispatch-outside-modules")]
            : [(@"\Driver\Beep", "unlinked")]);
        drivers.Where(row => row.Module is not null).SelectMany(row => row.Dispatch.Select(entry => (row.Object, entry.Address, entry.Findings))).Where(entry => entry.Findings.Count > 0)
            .Select(entry => (entry.Object, entry.Address!.Value)).ShouldBe(
            !isWhole ? [] : [(machine.Drivers.Single(driver => driver.Path == Trace(LabAttack.ForeignDispatch).Name).Object, Trace(LabAttack.ForeignDispatch).Target)]);
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

    private static string Answers(Target target)
    {
        var answers = string.Join('\n', new[]
        {
            Text(ModuleAnalyser.Analyse(target, new SurveyOptions())), Text(ProcessAnalyser.Analyse(target)), Text(ThreadAnalyser.Analyse(target)), Text(DriverAnalyser.Analyse(target)),
            Text(ObjectAnalyser.Analyse(target)), Text(CallbackAnalyser.Analyse(target)), Text(SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions())),
            Text(ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null)),
        });
        answers.Length.ShouldBeGreaterThan(50_000);
        return answers;
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
