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

/// <summary>
/// The lab builds x64 kernels of the knowledge, clean and attacked in turn, and each is read back in one of the formats. A sample of kernels and sizes is tried always;
/// with <c>NTSCOPE_EVERY_KERNEL=1</c> all 174 at ten sizes; formats and groups of attacks take turns.
/// </summary>
public sealed class SampledKernelTests
{
    private const int Sample = 29;

    // Each kernel meets one group at a size, the next at the next.
    private static readonly LabAttack[][] Attacks =
    [
        [LabAttack.SwappedEntries, LabAttack.InlineHook, LabAttack.UnlinkedProcess, LabAttack.UnlinkedDriver],
        [LabAttack.RedirectedEntry, LabAttack.ChangedLimit, LabAttack.HookedWin32kRoutine, LabAttack.UnlinkedThread],
        [LabAttack.MisdirectedEntry, LabAttack.ChangedServiceLimit, LabAttack.RedirectedWin32kEntry, LabAttack.ForeignDevice],
        [LabAttack.ChangedArguments, LabAttack.ChangedEntryArguments, LabAttack.RelocatedWin32kTable, LabAttack.HostileName],
        [LabAttack.RelocatedTable, LabAttack.HiddenDesktop],
    ];

    private static readonly LabAttack[] ServiceAttacks =
    [
        LabAttack.SwappedEntries, LabAttack.InlineHook, LabAttack.RedirectedEntry, LabAttack.ChangedLimit, LabAttack.HookedWin32kRoutine, LabAttack.MisdirectedEntry,
        LabAttack.ChangedServiceLimit, LabAttack.RedirectedWin32kEntry, LabAttack.ChangedArguments, LabAttack.ChangedEntryArguments, LabAttack.RelocatedWin32kTable, LabAttack.RelocatedTable,
    ];

    private static readonly bool IsFull = Environment.GetEnvironmentVariable("NTSCOPE_EVERY_KERNEL") == "1";

    private static readonly int[] AllSizes = [64, 65, 96, 97, 128, 512, 1024, 3072, 4096, 8192];

    public static TheoryData<int> Sizes => IsFull ? [.. AllSizes] : [64, 128, 8192];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Kernels_are_built_and_read_back_at_this_size(int mebibytes)
    {
        var formats = Enum.GetValues<CaptureFormat>();
        var kernels = KnowledgeBase.Embedded.Kernels.Where(kernel => kernel is { HasServices: true, Architecture: ProcessorArchitecture.X64 }).ToList();
        kernels.Count.ShouldBeGreaterThanOrEqualTo(174);
        for (var number = 0; number < kernels.Count; number += IsFull ? 1 : Sample)
        {
            var kernel = kernels[number];
            var turn = number + Array.IndexOf(AllSizes, mebibytes);
            foreach (var attacks in new[] { [], Attacks[turn % Attacks.Length] })
            {
                var format = formats[(turn / 2 + attacks.Length) % formats.Length];
                using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions
                {
                    Kernel = kernel,
                    MemorySize = (ulong)mebibytes << 20,
                    Seed = number + mebibytes,
                    Attacks = attacks,
                    SmearedPages = 12,
                });
                using var file = new CaptureFile(machine, format);
                using var target = TargetOpener.Open(file.Path, new TargetOptions());
                Check(machine, target, $"{kernel.Version} {kernel.Pdb.StoreKey}, {mebibytes} MiB, {format}, seed {machine.Options.Seed}");
            }
        }
    }

    private static void Check(MachineMemory machine, Target target, string what)
    {
        target.Modules[0].Base.ShouldBe(machine.Kernel.Base, what);
        Decidable.In(ModuleAnalyser.Analyse(target).Rows, machine, row => row.Base).Count(row => row is { Unloaded: null, Findings.Count: 0 })
            .ShouldBe(Decidable.In(machine.Modules, machine, module => module.Base).Count(), what);
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => row.Address).ShouldBe(Planted(ServiceAttacks), ignoreOrder: true, customMessage: what);
        var processes = Decidable.In(ProcessAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        processes.Count.ShouldBe(Decidable.In(machine.Processes, machine, process => process.Object).Count(), what);
        processes.Where(row => row.Findings.Count > 0).Select(row => row.Object).ShouldBe(Planted([LabAttack.UnlinkedProcess]), customMessage: what);
        var threads = Decidable.In(ThreadAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        threads.Where(row => row.Findings.Count > 0).Select(row => row.Object).ShouldBe(Planted([LabAttack.UnlinkedThread]), customMessage: what);
        var drivers = Decidable.In(DriverAnalyser.Analyse(target).Rows, machine, row => row.Object).ToList();
        drivers.Count.ShouldBe(Decidable.In(machine.Drivers, machine, driver => driver.Object).Count(), what);
        drivers.Where(row => row.Findings.Count > 0).Select(row => row.Object).ShouldBe(Planted([LabAttack.UnlinkedDriver]), customMessage: what);
        drivers.SelectMany(row => row.Devices).Where(device => device.Findings.Count > 0).Select(device => device.Object).ShouldBe(Planted([LabAttack.ForeignDevice]), customMessage: what);
        var callbacks = Decidable.In(CallbackAnalyser.Analyse(target).Rows, machine, row => row.Address).Where(row => row.Address is not null).ToList();
        callbacks.SelectMany(row => row.Findings).ShouldBeEmpty(what);
        callbacks.Count(row => row.Kind == CallbackKinds.Minifilter).ShouldBe(
            machine.Filters.Sum(filter => 1 + filter.Operations.Count + filter.Operations.Count(operation => !operation.After.IsZero)), what);

        IEnumerable<VirtualAddress> Planted(LabAttack[] attacks) => machine.Traces.Where(trace => attacks.Contains(trace.Attack)).Select(trace => trace.Address);
    }
}
