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
using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Machine.Kernel;
using NtScope.Rendering;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Syscalls.Verification;
using NtScope.Targets;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Captures;

/// <summary>
/// The same for x86 machines: a kernel of every build that the lab knows, with address extension and without, in every format that such a Windows or its host writes.
/// None of these kernels is known, so everything rests on exports, the debugger's data block and published layouts.
/// </summary>
public class NarrowMatrixTests
{
    private const int Windows8 = 9200;

    private static readonly LabAttack[] Attacks =
    [
        LabAttack.RedirectedEntry, LabAttack.SwappedEntries, LabAttack.InlineHook, LabAttack.ChangedLimit, LabAttack.ChangedArguments, LabAttack.UnlinkedProcess,
        LabAttack.UnlinkedThread, LabAttack.UnlinkedDriver, LabAttack.UnlinkedModule, LabAttack.ForeignCallback, LabAttack.HostileName,
        LabAttack.RedirectedWin32kEntry, LabAttack.HookedWin32kRoutine, LabAttack.ForeignDispatch, LabAttack.ForeignDevice, LabAttack.ForeignRegistrations,
    ];

    private static readonly LabAttack[] TableAttacks =
    [
        LabAttack.RedirectedEntry, LabAttack.SwappedEntries, LabAttack.InlineHook, LabAttack.ChangedLimit, LabAttack.ChangedArguments,
        LabAttack.RedirectedWin32kEntry, LabAttack.HookedWin32kRoutine,
    ];

    // Callbacks whose lists no exported routine leads to.
    private static readonly string[] NotNamed = ["logon-session"];

    public static TheoryData<string, bool> AllKernels
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var version in LabKernel.NarrowVersions.DistinctBy(version => version.Build))
            {
                data.Add(version.ToString(), true);
                if (version.Build < Windows8)
                {
                    data.Add(version.ToString(), false);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void A_clean_machine_is_found_whole_and_has_no_finding(string version, bool isExtended)
    {
        using var machine = Build(version, isExtended, [], smeared: 20);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());

        target.Architecture.ShouldBe(ProcessorArchitecture.X86);
        target.Modules[0].Base.ShouldBe(machine.Kernel.Base);
        target.Modules[0].Pdb.ShouldBe(machine.Kernel.Pdb);
        target.Modules[0].Version.ShouldBe(machine.Version);
        target.Types!.Origin.ShouldBe($"published layouts of {version}");
        Fact(target, "Directory table base").ShouldStartWith(machine.System.DirectoryTable.ToString());
        Fact(target, "Paging").ShouldBe(isExtended ? "x86 with PAE" : "x86 without PAE");
        var modules = Decidable.In(ModuleAnalyser.Analyse(target).Rows, machine, row => row.Base).ToList();
        modules.SelectMany(row => row.Findings).ShouldBeEmpty();
        modules.Where(row => row.Unloaded is null).Select(row => row.Base!.Value).ShouldBe(Decidable.In(machine.Modules.Select(module => module.Base), machine), ignoreOrder: true);
        CheckProcesses(machine, target);
        CheckServices(machine, target);

        var drivers = Decidable.In(DriverAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        drivers.Select(row => row.Object).ShouldBe(Decidable.In(machine.Drivers.Select(driver => driver.Object), machine), ignoreOrder: true);
        drivers.SelectMany(row => row.Findings).ShouldBeEmpty();
        var callbacks = Decidable.In(CallbackAnalyser.Analyse(target).Rows, machine, row => row.Address).Where(row => row.Address is not null).ToList();
        callbacks.Select(row => (row.Kind, row.Address)).ShouldBe(
            Decidable.In(Named(machine), machine, callback => callback.Routine).Select(callback => (callback.Kind, (VirtualAddress?)callback.Routine)), ignoreOrder: true);
        callbacks.SelectMany(row => row.Findings).ShouldBeEmpty();
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => row.Detail).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("5.1.2600.5512", true)]
    [InlineData("5.1.2600.5512", false)]
    [InlineData("6.0.6002.18005", false)]
    [InlineData("6.1.7601.17514", true)]
    [InlineData("6.1.7601.17514", false)]
    [InlineData("6.3.9600.17415", true)]
    [InlineData("10.0.19041.1288", true)]
    public void Every_attack_is_found_and_nothing_else_and_all_formats_say_the_same(string version, bool isExtended)
    {
        using var machine = Build(version, isExtended, Attacks, smeared: 20);
        using var folder = new TemporaryFolder();
        string? first = null;
        foreach (var path in Save(machine, folder))
        {
            using var target = TargetOpener.Open(path, new TargetOptions());
            CheckPlanted(machine, target);
            var answers = string.Join('\n', new[]
            {
                Text(ModuleAnalyser.Analyse(target)), Text(ProcessAnalyser.Analyse(target)), Text(ThreadAnalyser.Analyse(target)), Text(DriverAnalyser.Analyse(target)),
                Text(ObjectAnalyser.Analyse(target)), Text(CallbackAnalyser.Analyse(target)), Text(SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions())),
            });
            answers.Length.ShouldBeGreaterThan(50_000);
            (first ??= answers).ShouldBe(answers, path);
        }
    }

    [Theory]
    [InlineData("5.1.2600.5512", true)]
    [InlineData("5.1.2600.5512", false)]
    [InlineData("6.1.7601.17514", true)]
    [InlineData("10.0.19041.1288", true)]
    public void A_relocated_table_is_found_by_its_descriptors(string version, bool isExtended)
    {
        using var machine = Build(version, isExtended, [LabAttack.RelocatedTable], smeared: 0);
        using var file = new CaptureFile(machine, CaptureFormat.Dump);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());

        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => (row.Kind, row.Address, row.Target)).ShouldBe(
            machine.Traces.Select(trace => (VerificationKind.TableRelocated, trace.Address, (VirtualAddress?)trace.Target)), ignoreOrder: true);
    }

    [Theory]
    [InlineData("5.1.2600.5512")]
    [InlineData("10.0.19041.1288")]
    public void An_argument_byte_or_a_limit_that_was_changed_contradicts_the_Zw_routines(string version)
    {
        using var machine = Build(version, isExtended: true, [], smeared: 0);
        var services = machine.Options.Kernel.Services;
        services.TryGetIndex("NtCreateFile", out var index).ShouldBeTrue();
        machine.System.WriteByte(machine.Kernel.Base + services.ArgumentTableRva + (ulong)index, 8);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using (var target = TargetOpener.Open(file.Path, new TargetOptions()))
        {
            var row = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.ShouldHaveSingleItem();
            (row.Kind, row.Name, row.Expected).ShouldBe((VerificationKind.ArgumentsChanged, "NtCreateFile", "0x2c"));
        }

        machine.System.WriteByte(machine.Kernel.Base + services.ArgumentTableRva + (ulong)index, 0x2C);
        using var first = new CaptureFile(machine, CaptureFormat.Raw);
        using var clean = TargetOpener.Open(first.Path, new TargetOptions());
        clean.Modules[0].Image!.Exports.TryGetRva("KeServiceDescriptorTable", out var descriptor).ShouldBeTrue();
        machine.System.WriteUInt32(machine.Kernel.Base + descriptor + 8, (uint)services.Count + 16);
        using var second = new CaptureFile(machine, CaptureFormat.Raw);
        using var changed = TargetOpener.Open(second.Path, new TargetOptions());
        ServiceVerifier.Verify(changed, KnowledgeBase.Embedded, null).Rows.ShouldHaveSingleItem().Kind.ShouldBe(VerificationKind.LimitChanged);
    }

    [Fact]
    public void What_the_lab_cannot_build_it_says()
    {
        Should.Throw<ArgumentException>(() => LabKernel.Narrow(new FileVersion(6, 2, 9200, 16384), isExtended: false)).Message.ShouldContain("runs with physical address extension only");
        Should.Throw<ArgumentException>(() => LabKernel.Narrow(new FileVersion(4, 0, 1381, 1))).Message.ShouldContain("knows no x86 kernel 4.0.1381.1");
        Should.Throw<ArgumentException>(() => Build("5.1.2600.5512", isExtended: true, [LabAttack.HiddenDesktop], smeared: 0)).Message.ShouldContain("no layouts of its win32k are known");
        Should.Throw<ArgumentException>(() => MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = LabKernel.Narrow(new FileVersion(5, 1, 2600, 5512)), MemorySize = 4ul << 30 }))
            .Message.ShouldContain("at most 3 GiB");
    }

    private static void CheckPlanted(MachineMemory machine, Target target)
    {
        var planted = machine.Traces.Where(trace => TableAttacks.Contains(trace.Attack)).Select(trace => (KindOf(trace.Attack), trace.Address, trace.Target, trace.Session));
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => (row.Kind, row.Address, row.Target ?? default, row.Sessions.SingleOrDefault()?.Number)).ShouldBe(planted, ignoreOrder: true);
        var processes = Decidable.In(ProcessAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        processes.Where(row => row.Findings.Count > 0).ShouldHaveSingleItem().Object.ShouldBe(Trace(LabAttack.UnlinkedProcess).Address);
        Decidable.In(ThreadAnalyser.Analyse(target).Rows, machine, row => row.Object).Where(row => row.Findings.Count > 0).ShouldHaveSingleItem().Object.ShouldBe(Trace(LabAttack.UnlinkedThread).Address);

        // Where a page of an earlier moment breaks the list of modules, nothing is accused of lying outside of all of them.
        var isWhole = target.IsModuleListWhole;
        Decidable.In(CallbackAnalyser.Analyse(target).Rows, machine, row => row.Address).Where(row => row.Address is not null && row.Findings.Count > 0).Select(row => (row.Kind, row.Address)).ShouldBe(
            machine.Traces.Where(trace => isWhole && trace.Attack is (LabAttack.ForeignCallback or LabAttack.ForeignRegistrations) && !NotNamed.Contains(trace.Name, StringComparer.Ordinal))
            .Select(trace => (trace.Name, (VirtualAddress?)trace.Target)), ignoreOrder: true);
        var hidden = Decidable.In(ModuleAnalyser.Analyse(target, new SurveyOptions()).Rows, machine, row => row.Base)
            .Where(row => row.Findings.Any(finding => finding.Kind == (isWhole ? "unlinked" : "unlisted"))).ShouldHaveSingleItem();
        (hidden.Base, hidden.Name).ShouldBe((Trace(LabAttack.UnlinkedModule).Target, "http"));
        var drivers = Decidable.In(DriverAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        drivers.Where(row => row.Findings.Count > 0).Select(row => (row.Name, row.Findings[0].Kind)).ShouldBe(isWhole
            ? [(@"\Driver\Beep", "unlinked"), (@"\Driver\HTTP", "module-not-loaded"), (@"\Driver\Null", "dispatch-outside-modules")]
            : [(@"\Driver\Beep", "unlinked")]);
        drivers.SelectMany(row => row.Devices).Where(device => device.Findings.Count > 0).ShouldHaveSingleItem().Object.ShouldBe(Trace(LabAttack.ForeignDevice).Address);
        var hostile = machine.Traces.Where(trace => trace.Attack == LabAttack.HostileName).ToList();
        processes.ShouldContain(row => row.Object == hostile[0].Address && row.Name == hostile[0].Name);
        ObjectAnalyser.Analyse(target).Rows.ShouldContain(row => row.Object == hostile[1].Address && row.Path.EndsWith(hostile[1].Name));

        PlantedTrace Trace(LabAttack attack) => machine.Traces.Single(trace => trace.Attack == attack);
    }

    private static VerificationKind KindOf(LabAttack attack) => attack switch
    {
        LabAttack.RedirectedEntry or LabAttack.RedirectedWin32kEntry => VerificationKind.EntryOutsideModule,
        LabAttack.SwappedEntries => VerificationKind.EntriesSwapped,
        LabAttack.ChangedLimit => VerificationKind.LimitChanged,
        LabAttack.ChangedArguments => VerificationKind.ArgumentsChanged,
        _ => VerificationKind.InlineHook,
    };

    private static void CheckProcesses(MachineMemory machine, Target target)
    {
        var processes = Decidable.In(ProcessAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        processes.Select(row => (row.Object, row.Pid, row.Name, row.Session)).ShouldBe(
            Decidable.In(machine.Processes, machine, process => process.Object).Select(process => (process.Object, (long?)process.Id, (string?)process.Name, (long?)process.Session)), ignoreOrder: true);
        processes.SelectMany(row => row.Findings).ShouldBeEmpty();
        // A page of an earlier moment may not have a process in the table of identifiers yet.
        processes.ShouldAllBe(row => row.SeenBy.Count >= (machine.Smear == null ? 4 : 2));
        var threads = Decidable.In(ThreadAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        threads.Select(row => row.Object).ShouldBe(Decidable.In(machine.Processes.SelectMany(process => process.Threads).Select(thread => thread.Object), machine), ignoreOrder: true);
        threads.SelectMany(row => row.Findings).ShouldBeEmpty();
    }

    private static void CheckServices(MachineMemory machine, Target target)
    {
        var services = machine.Options.Kernel.Services;
        var rows = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()).Rows;
        var nt = rows.Where(row => row.Table == ServiceTableKind.Nt).ToList();
        nt.Select(row => (row.Name, row.Address)).ShouldBe(services.Select(service => ((string?)service.Name, (VirtualAddress?)(machine.Kernel.Base + service.Rva))));
        nt.ShouldAllBe(row => row.Entry == (uint)row.Address!.Value.Value);
        var file = nt.Single(row => row.Name == "NtCreateFile");
        (file.StackArguments, file.Parameters).ShouldBe((11, 11));
        var published = KnowledgeBase.Embedded.PublishedTables.ForBuild(ProcessorArchitecture.X86, ServiceTableKind.Win32k, machine.Version.Build)!;
        var windows = rows.Where(row => row.Table == ServiceTableKind.Win32k).ToList();
        windows.Count.ShouldBe(published.Services[^1].Index - published.Services[0].Index + 1);
        windows.ShouldAllBe(row => row.Module == "win32k" && row.Findings.All(finding => finding.Kind == "no-name"));
        windows.Where(row => row.Name is not null).Select(row => ((int)row.Index!.Value.Value, row.Name))
            .ShouldBe(published.Services.DistinctBy(service => service.Index).Select(service => (service.Index, (string?)service.Name)));
    }

    private static IEnumerable<LabCallback> Named(MachineMemory machine) =>
        machine.Callbacks.Where(callback => !NotNamed.Contains(callback.Kind, StringComparer.Ordinal));

    private static string Fact(Target target, string name) => target.Facts.Single(fact => fact.Name == name).Value;

    // The lab's own formats, and those of LiME and VMware.
    private static IEnumerable<string> Save(MachineMemory machine, TemporaryFolder folder)
    {
        var formats = Enum.GetValues<CaptureFormat>().Where(format => format != CaptureFormat.Bitmap || machine.Version.Build >= Windows8);
        foreach (var format in formats)
        {
            var path = folder.File(format.ToString());
            CaptureWriter.Write(machine, format, path);
            yield return path;
        }

        yield return OtherWriters.Lime(machine, folder);
        yield return OtherWriters.VMware(machine, folder, "vmsn");
    }

    // The rows alone: what a report says of its target differs by format.
    private static string Text<TRow>(Report<TRow> report)
        where TRow : class, IReportRow<TRow>
    {
        using var text = new MemoryStream();
        new CsvRenderer().Render(report, text);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private static MachineMemory Build(string version, bool isExtended, LabAttack[] attacks, int smeared)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        return MachineMemoryBuilder.Build(new MachineMemoryOptions
        {
            Kernel = LabKernel.Narrow(parsed, isExtended),
            MemorySize = 64 << 20,
            Seed = version.Length * 31 + version[^1] + (isExtended ? 1 : 0),
            Attacks = attacks,
            SmearedPages = smeared,
        });
    }
}
