using NtScope.Callbacks;
using NtScope.Captures;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Knowledge;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;
using NtScope.Reports;
using NtScope.Syscalls.Verification;
using NtScope.Targets;

namespace NtScope.Lab.Tests.Captures;

/// <summary>Captures of a machine that ran while they were taken: pages of an earlier moment stand beside those of a later one.</summary>
public sealed class SmearedCaptureTests
{
    [Theory]
    [InlineData("6.1.7601.24540", 3)]
    [InlineData("10.0.14393.4583", 4)]
    [InlineData("10.0.18362.476", 1)]
    [InlineData("10.0.22000.318", 3)]
    [InlineData("6.1.7601.17514-x86", 3)]
    [InlineData("10.0.19041.1288-x86", 4)]
    public void Any_one_page_of_an_earlier_moment_accuses_nobody_and_hides_nothing_that_was_there_before(string version, int step)
    {
        using var machine = Build(version, smeared: 1);
        var smear = machine.Smear.ShouldNotBeNull();
        Restore(machine);
        smear.EarlierPages.Count.ShouldBeGreaterThan(40);
        foreach (var (page, earlier) in smear.EarlierPages.OrderBy(page => page.Key.Value).Where((_, number) => number % step == 0))
        {
            var span = machine.Ram.Span(page, PhysicalRam.PageSize);
            var later = span.ToArray();
            earlier.CopyTo(span);
            using (var target = Observe(machine))
            {
                Check(machine, target, $"page {page}");
            }

            later.CopyTo(machine.Ram.Span(page, PhysicalRam.PageSize));
        }
    }

    [Theory]
    [InlineData("6.3.9600.19913")]
    [InlineData("10.0.17763.379")]
    [InlineData("10.0.19041.508")]
    [InlineData("5.1.2600.5512-x86")]
    public void Many_pages_of_an_earlier_moment_accuse_nobody_either(string version)
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            using var machine = Build(version, smeared: 20 * seed, seed);
            machine.Smear!.Pages.Count.ShouldBe((20 * seed + 2) / 3);
            using var target = Observe(machine);
            Check(machine, target, $"seed {seed}");
        }
    }

    [Fact]
    public void The_pages_hold_structures_of_the_kernel_and_what_changed_in_them_is_really_old()
    {
        using var machine = Build("10.0.18362.476", smeared: 30);
        var smear = machine.Smear.ShouldNotBeNull();
        smear.Pages.Count.ShouldBe(10);
        foreach (var page in smear.Pages)
        {
            machine.Ram.Span(page, PhysicalRam.PageSize).SequenceEqual(smear.EarlierPages[page]).ShouldBeTrue();
        }

        var structures = new Dictionary<string, VirtualAddress>(StringComparer.Ordinal)
        {
            ["the last process of before"] = machine.Processes.Last(process => !smear.Created.Contains(process.Object)).Object,
            ["a new process"] = machine.Processes.First(process => smear.Created.Contains(process.Object)).Object,
            ["the head of the list of processes"] = machine.ActiveProcessHead,
            ["the head of the list of modules"] = machine.LoadedModuleList,
            ["a new driver object"] = machine.Drivers.Single(driver => smear.Created.Contains(driver.Object)).Object,
        };
        foreach (var (name, address) in structures)
        {
            smear.EarlierPages.Keys.ShouldContain(new PhysicalAddress(machine.System.Translate(address)!.Value.Value & ~0xFFFul), name);
        }

        smear.EarlierPages.Keys.Intersect(machine.System.Tables).ShouldNotBeEmpty("page tables");
    }

    // What cannot be read is said and accuses nobody.
    private static readonly string[] Unread = ["unreadable", "type-unknown", "name-unknown", "headers-unreadable"];

    private static IEnumerable<string> Accusations(IEnumerable<Finding> findings) => findings.Where(finding => !Unread.Contains(finding.Kind)).Select(finding => finding.Detail);

    private static void Check(MachineMemory machine, Target target, string what)
    {
        target.Modules[0].Base.ShouldBe(machine.Kernel.Base, what);
        var processes = Decidable.In(ProcessAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        processes.Select(row => (row.Object, row.Pid, row.Name)).ShouldBe(
            Decidable.In(machine.Processes, machine, process => process.Object).Select(process => (process.Object, (long?)process.Id, (string?)process.Name)), ignoreOrder: true, customMessage: what);
        Accusations(processes.SelectMany(row => row.Findings)).ShouldBeEmpty(what);

        var threads = Decidable.In(ThreadAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        threads.Select(row => row.Object).ShouldBe(Decidable.In(machine.Processes.SelectMany(process => process.Threads).Select(thread => thread.Object), machine), ignoreOrder: true, customMessage: what);
        Accusations(threads.SelectMany(row => row.Findings)).ShouldBeEmpty(what);

        var modules = Decidable.In(ModuleAnalyser.Analyse(target, new SurveyOptions()).Rows.Where(row => row.Unloaded is null), machine, row => row.Base).ToList();
        modules.Select(row => row.Base!.Value).ShouldBe(Decidable.In(machine.Modules.Select(module => module.Base), machine), ignoreOrder: true, customMessage: what);
        Accusations(modules.SelectMany(row => row.Findings)).ShouldBeEmpty(what);

        var drivers = Decidable.In(DriverAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        drivers.Select(row => row.Object).ShouldBe(Decidable.In(machine.Drivers.Select(driver => driver.Object), machine), ignoreOrder: true, customMessage: what);
        Accusations(drivers.SelectMany(row => row.Findings)).ShouldBeEmpty(what);

        var objects = ObjectAnalyser.Analyse(target).Rows;
        Accusations(objects.SelectMany(row => row.Findings)).ShouldBeEmpty(what);
        objects.Count(row => row.Path.StartsWith(@"\Driver\", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(machine.Drivers.Count(driver => driver.Path.StartsWith(@"\Driver\", StringComparison.Ordinal)) - 1, what);

        var callbacks = Decidable.In(CallbackAnalyser.Analyse(target).Rows, machine, row => row.Address).ToList();
        Accusations(callbacks.SelectMany(row => row.Findings)).ShouldBeEmpty(what);
        if (!machine.Options.Kernel.IsNarrow)
        {
            callbacks.Where(row => row.Address is not null && row.Kind != CallbackKinds.Minifilter).Select(row => row.Address!.Value)
                .ShouldBe(Decidable.In(machine.Callbacks.Select(callback => callback.Routine), machine), ignoreOrder: true, customMessage: what);
        }

        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => row.Detail).ShouldBeEmpty(what);
    }

    // Puts the pages that the machine was built with back to the later moment.
    private static void Restore(MachineMemory machine)
    {
        foreach (var page in machine.Smear!.Pages)
        {
            machine.Smear.LaterPages[page].CopyTo(machine.Ram.Span(page, PhysicalRam.PageSize));
        }
    }

    private static Target Observe(MachineMemory machine)
    {
        machine.SetDebuggerBlockEncoded(false);
        return TargetOpener.OpenMachine(machine.Ram, new CaptureHeader
        {
            Architecture = machine.Options.Kernel.Architecture,
            PhysicalAddressExtension = machine.Options.Kernel.IsNarrow ? machine.System.Directories.Count > 1 : null,
            DirectoryTable = machine.System.DirectoryTable,
            LoadedModuleList = machine.LoadedModuleList,
            ActiveProcessHead = machine.ActiveProcessHead,
            DebuggerDataBlock = machine.DebuggerDataBlock,
        }, "lab", new TargetOptions());
    }

    private static MachineMemory Build(string version, int smeared, int seed = 7) => MachineMemoryBuilder.Build(new MachineMemoryOptions
    {
        Kernel = NamedKernel.Find(version),
        MemorySize = 64 << 20,
        Seed = seed,
        SmearedPages = smeared,
    });
}
