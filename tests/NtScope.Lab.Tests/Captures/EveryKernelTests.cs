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
/// The lab builds every x64 kernel of the knowledge at every size, and each is read back. Some kernels and sizes are tried always; all of them with
/// <c>NTSCOPE_EVERY_KERNEL=1</c>, which takes some twenty minutes.
/// </summary>
public sealed class EveryKernelTests
{
    private const int Sample = 29;

    private static readonly LabAttack[] Attacks = [LabAttack.SwappedEntries, LabAttack.InlineHook, LabAttack.UnlinkedProcess, LabAttack.UnlinkedDriver];

    private static readonly bool IsFull = Environment.GetEnvironmentVariable("NTSCOPE_EVERY_KERNEL") == "1";

    public static TheoryData<int> Sizes => IsFull ? [64, 65, 96, 97, 128, 512, 1024, 3072, 4096, 8192] : [64, 8192];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_kernel_is_built_and_read_back_at_every_size(int mebibytes)
    {
        var formats = Enum.GetValues<CaptureFormat>();
        var kernels = KnowledgeBase.Embedded.Kernels.Where(kernel => kernel is { HasServices: true, Architecture: ProcessorArchitecture.X64 }).ToList();
        kernels.Count.ShouldBeGreaterThanOrEqualTo(174);
        for (var number = 0; number < kernels.Count; number += IsFull ? 1 : Sample)
        {
            var kernel = kernels[number];
            foreach (var attacks in new[] { [], Attacks })
            {
                var format = formats[(number + attacks.Length) % formats.Length];
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
        ModuleAnalyser.Analyse(target).Rows.Count(row => row is { Unloaded: null, Findings.Count: 0 }).ShouldBe(machine.Modules.Count, what);
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, null).Rows.Select(row => row.Address)
            .ShouldBe(machine.Traces.Where(trace => trace.Attack is LabAttack.SwappedEntries or LabAttack.InlineHook).Select(trace => trace.Address), ignoreOrder: true, customMessage: what);
        var processes = ProcessAnalyser.Analyse(target).Rows;
        processes.Count.ShouldBe(machine.Processes.Count, what);
        processes.Where(row => row.Findings.Count > 0).Select(row => row.Object).ShouldBe(Planted(LabAttack.UnlinkedProcess), customMessage: what);
        var drivers = DriverAnalyser.Analyse(target).Rows;
        drivers.Count.ShouldBe(machine.Drivers.Count, what);
        drivers.Where(row => row.Findings.Count > 0).Select(row => row.Object).ShouldBe(Planted(LabAttack.UnlinkedDriver), customMessage: what);
        var callbacks = CallbackAnalyser.Analyse(target).Rows;
        callbacks.SelectMany(row => row.Findings).ShouldBeEmpty(what);
        callbacks.Count(row => row.Kind == CallbackKinds.Minifilter).ShouldBe(
            machine.Filters.Sum(filter => 1 + filter.Operations.Count + filter.Operations.Count(operation => !operation.After.IsZero)), what);

        IEnumerable<VirtualAddress> Planted(LabAttack attack) => machine.Traces.Where(trace => trace.Attack == attack).Select(trace => trace.Address);
    }
}
