using NtScope.Callbacks;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Processes;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Syscalls.Verification;
using NtScope.Targets;

namespace NtScope.Lab.Tests.Captures;

/// <summary>One structure of a machine that was changed or lost is said to be so; it blinds no report and accuses nobody else.</summary>
public sealed class TamperedStructureTests
{
    [Theory]
    [InlineData("10.0.18362.476", "ImageFileName")]
    [InlineData("10.0.18362.476", "UniqueProcessId")]
    [InlineData("6.1.7601.17514-x86", "ImageFileName")]
    [InlineData("10.0.19041.1288-x86", "UniqueProcessId")]
    public void A_System_process_with_another_name_or_identifier_keeps_every_report_alive(string version, string field)
    {
        using var machine = Build(version);
        var system = machine.Processes[0].Object;
        machine.Options.Kernel.Types.TryGetStructure("_EPROCESS", out var layout).ShouldBeTrue();
        layout.TryGetField(field, out var place).ShouldBeTrue();
        machine.System.WriteByte(system + place.Offset, (byte)'t');
        using var file = new CaptureFile(machine, CaptureFormat.Dump);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());

        target.Notes.ShouldContain(note => note.StartsWith("Structure layouts: ", StringComparison.Ordinal) && note.Contains("but the System process would have", StringComparison.Ordinal));
        ProcessAnalyser.Analyse(target).Rows.Select(row => row.Object).ShouldBe(machine.Processes.Select(process => process.Object), ignoreOrder: true);
        DriverAnalyser.Analyse(target).Rows.Count.ShouldBe(machine.Drivers.Count);
        CallbackAnalyser.Analyse(target).Rows.ShouldNotBeEmpty();
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.18362.476")]
    [InlineData("6.1.7601.17514-x86")]
    public void A_module_list_that_is_cut_at_one_place_is_read_from_both_ends(string version)
    {
        using var machine = Build(version);
        foreach (var entry in Entries(machine).Where((_, number) => number % 5 == 0))
        {
            var next = PointerAt(machine, entry);
            machine.System.WritePointer(entry, new VirtualAddress(0x1230));
            using (var target = Observe(machine))
            {
                Modules(target).ShouldBe(machine.Modules.Select(module => module.Base), ignoreOrder: true);
                target.IsModuleListWhole.ShouldBeFalse();
                ShouldAccuseNobody(target);
            }

            machine.System.WritePointer(entry, next);
        }
    }

    [Theory]
    [InlineData("10.0.18362.476")]
    [InlineData("6.1.7601.17514-x86")]
    public void Modules_behind_two_cuts_are_not_listed_and_what_lies_in_them_is_not_accused(string version)
    {
        using var machine = Build(version);
        var entries = Entries(machine);
        machine.System.WritePointer(entries[2], entries[1]);
        var (pointer, head) = ((ulong)machine.System.PointerSize, PointerAt(machine, entries[0] + (ulong)machine.System.PointerSize));
        machine.System.WritePointer(head + pointer, new VirtualAddress(0x1230));
        using var target = Observe(machine);

        Modules(target).Count().ShouldBe(3);
        ShouldAccuseNobody(target);
        CallbackAnalyser.Analyse(target).Notes.ShouldContain(note => note.StartsWith("Some routines are in no module that is listed", StringComparison.Ordinal));
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Notes.ShouldContain(note => note.Contains("win32k", StringComparison.Ordinal) && note.Contains("not verified", StringComparison.Ordinal));
    }

    [Fact]
    public void A_filter_whose_table_of_operations_was_zeroed_is_still_listed_by_its_nodes_and_hides_no_other()
    {
        using var machine = Build("10.0.18362.476");
        using var clean = Observe(machine);
        var all = CallbackAnalyser.Analyse(clean).Rows.Where(row => row.Kind == CallbackKinds.Minifilter).ToList();
        var filter = machine.Filters[1];
        machine.System.WriteUInt64(filter.Object + 0x30 + 0x178, 0);
        using var target = Observe(machine);

        var rows = CallbackAnalyser.Analyse(target).Rows.Where(row => row.Kind == CallbackKinds.Minifilter).ToList();

        rows.Where(row => row.Slot != 1).Select(row => (row.Address, row.Detail)).ShouldBe(all.Where(row => row.Slot != 1).Select(row => (row.Address, row.Detail)));
        rows.Where(row => row.Slot != 1).SelectMany(row => row.Findings).ShouldBeEmpty();
        rows.Where(row => row.Slot == 1).SelectMany(row => row.Findings).ShouldContain(finding => finding.Kind == "callback-unregistered");
        filter.Operations.SelectMany(operation => new[] { operation.Before, operation.After }).Where(routine => !routine.IsZero)
            .ShouldBeSubsetOf(rows.Where(row => row.Slot == 1).Select(row => row.Address!.Value));
    }

    [Fact]
    public void An_entry_and_a_descriptor_of_the_table_for_filtered_processes_are_verified_too()
    {
        using var machine = Build("10.0.18362.476");
        VirtualAddress table, descriptor;
        using (var clean = Observe(machine))
        {
            clean.ModuleNamed("win32k")!.Image!.Exports.TryGetRva("W32pServiceTableFilter", out var rva).ShouldBeTrue();
            table = clean.ModuleNamed("win32k")!.Base!.Value + rva;
            clean.Modules[0].Symbols!.TryGetRva("KeServiceDescriptorTableFilter", out var set).ShouldBeTrue();
            descriptor = machine.Kernel.Base + set + 0x20;
            PointerAt(machine, descriptor).ShouldBe(table);
            ServiceVerifier.Verify(clean, KnowledgeBase.Embedded, null).Rows.ShouldBeEmpty();
        }

        var session = machine.Processes.First(process => process.Session == 1).Space;
        session.WriteUInt32(table + 12, 0x7000_0000);
        machine.System.WriteUInt32(descriptor + 0x10, 4095);
        using var target = Observe(machine);

        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => (row.Kind, row.Address))
            .ShouldBe([(VerificationKind.LimitChanged, descriptor + 0x10), (VerificationKind.EntryOutsideModule, table + 12)], ignoreOrder: true);
    }

    private static void ShouldAccuseNobody(Target target)
    {
        CallbackAnalyser.Analyse(target).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        DriverAnalyser.Analyse(target).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        ThreadAnalyser.Analyse(target).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => row.Detail).ShouldBeEmpty();
    }

    private static IEnumerable<VirtualAddress> Modules(Target target) => ModuleAnalyser.Analyse(target).Rows.Where(row => row.Unloaded is null).Select(row => row.Base!.Value);

    // The links of the list of loaded modules, in order.
    private static List<VirtualAddress> Entries(MachineMemory machine)
    {
        using var target = Observe(machine);
        target.Modules[0].Symbols!.TryGetRva("PsLoadedModuleList", out var rva).ShouldBeTrue();
        var head = machine.Kernel.Base + rva;
        var entries = new List<VirtualAddress>();
        for (var entry = PointerAt(machine, head); entry != head; entry = PointerAt(machine, entry))
        {
            entries.Add(entry);
        }

        entries.Count.ShouldBeGreaterThan(10);
        return entries;
    }

    private static VirtualAddress PointerAt(MachineMemory machine, VirtualAddress address) =>
        machine.System.TryReadPointer(address, out var value, out var fault) ? value : throw new InvalidOperationException($"{address}: {fault}");

    private static Target Observe(MachineMemory machine)
    {
        using var file = new CaptureFile(machine, CaptureFormat.Dump);
        return TargetOpener.Open(file.Path, new TargetOptions());
    }

    private static MachineMemory Build(string version) =>
        MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = NamedKernel.Find(version), MemorySize = 96 << 20, Seed = 5 });
}
