using NtScope.Captures;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Targets;
using NtScope.Testing.Captures;

namespace NtScope.Fuzz;

/// <summary>Captures of a small machine in every format: headers, page tables, the kernel's image, lists and service table.</summary>
internal sealed class CaptureFuzzTarget : IFuzzTarget
{
    private const uint TableRva = 0x1100;
    private const int Services = 70;

    public string Name => "captures";

    public IReadOnlyList<byte[]> Seeds { get; } = Build();

    public void Read(byte[] input)
    {
        using var target = CaptureTarget.Open(Capture.FromBytes(input, "input"), new TargetOptions());
        MachineQuestions.Ask(target);
    }

    private static List<byte[]> Build()
    {
        var machine = new KernelMachine(
            new PdbIdentity("ntkrnlmp.pdb", new Guid("11111111-2222-3333-4444-555555555555"), 1),
            KnowledgeBase.Embedded.NearestTypes(new FileVersion(10, 0, 18362, 476), ProcessorArchitecture.X64)!,
            18362).WithStartBlock();
        machine.WithServiceTable(TableRva, [.. Enumerable.Range(0, Services).Select(i => (0x1000U + (uint)i, i % 8))]);
        var (memory, facts) = (machine.Memory, machine.DumpFacts);
        return
        [
            CrashDumpWriter.Full64(memory, facts),
            CrashDumpWriter.Kernel64(memory, facts),
            CrashDumpWriter.Bitmap64(memory, facts),
            CrashDumpWriter.Ranges64(memory, facts, 8),
            CrashDumpWriter.Ranges64(memory, facts, 9),
            CrashDumpWriter.Ranges64(memory, facts, 0xA),
            CrashDumpWriter.Bitmap32(memory, facts),
            CrashDumpWriter.Full32(memory, facts),
            ElfCoreWriter.Qemu(memory, KernelMachine.Root),
            ElfCoreWriter.VirtualBox(memory, KernelMachine.Root, KernelMachine.Base + machine.CodeRva),
            PlainWriter.Lime(memory),
            PlainWriter.Raw(memory),
            VMwareWriter.WriteInside(memory, KernelMachine.Root),
        ];
    }
}
