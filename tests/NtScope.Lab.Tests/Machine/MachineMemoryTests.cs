using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Lab.Tests.Captures;

namespace NtScope.Lab.Tests.Machine;

public class MachineMemoryTests
{
    public static TheoryData<string> KernelsWithSymbols => [.. KnowledgeBase.Embedded.Kernels.Where(kernel => kernel.HasSymbols && kernel.HasServices).Select(kernel => kernel.Version.ToString())];

    [Theory]
    [MemberData(nameof(KernelsWithSymbols))]
    public void A_reader_that_knows_real_windows_finds_everything_in_the_machine(string version)
    {
        var kernel = Kernel(version);
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, MemorySize = 128 << 20, Seed = kernel.Version.Build });
        var steps = new PublishedSteps(machine.Ram, kernel.Symbols!, kernel.Types);

        steps.DirectoryTable.ShouldBe(machine.System.DirectoryTable.Value);
        steps.SelfMapIndex.ShouldBe(machine.System.SelfMapIndex);
        if (kernel.Version.Build < 14393)
        {
            steps.SelfMapIndex.ShouldBe(0x1ED);
        }

        steps.Base.ShouldBe(machine.Kernel.Base.Value);
        steps.FindIdentity().ShouldBe((kernel.Pdb.Guid, kernel.Pdb.Age, "ntkrnlmp.pdb"));
        steps.Modules().ShouldBe(machine.Modules.Select(image => (image.Base.Value, image.Size, image.Name)));
        steps.Processes().Select(process => (process.Id, process.Name)).ShouldBe(machine.Processes.Select(process => (process.Id, process.Name)));
        steps.ScanProcesses(kernel.Version.Build).ShouldBe(machine.Processes.Select(process => (process.Id, process.Name)), ignoreOrder: true);
        steps.Read64(steps.Symbol("PsInitialSystemProcess")).ShouldBe(machine.Processes[0].Object.Value);
        steps.ReadText(steps.Symbol("NtBuildLab"), 40).ShouldStartWith($"{kernel.Version.Build}.{kernel.Version.Revision}.amd64fre.");
        ((ushort)steps.Read64(steps.Symbol("KdVersionBlock") + 2)).ShouldBe((ushort)kernel.Version.Build);
        steps.Read64(steps.Symbol("KdVersionBlock") + 0x10).ShouldBe(machine.Kernel.Base.Value);
        steps.Read32(steps.Symbol("KeNumberProcessors")).ShouldBe(2u);
        steps.Read32(0xFFFF_F780_0000_0000 + steps.Offset("_KUSER_SHARED_DATA", "NtMajorVersion")).ShouldBe((uint)kernel.Version.Major);
    }

    [Theory]
    [InlineData("6.1.7601.24540")]
    [InlineData("10.0.14393.4583")]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.318")]
    public void A_reader_that_knows_real_windows_finds_the_same_in_every_file(string version)
    {
        var kernel = Kernel(version);
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, MemorySize = 96 << 20, Seed = kernel.Version.Build });
        foreach (var format in Enum.GetValues<CaptureFormat>())
        {
            using var saved = new CaptureFile(machine, format);
            using var file = new PublishedFile(saved.Path);
            file.Ranges.Sum(range => (long)range.Length).ShouldBeGreaterThan(16 << 20, format.ToString());
            var steps = new PublishedSteps(file, kernel.Symbols!, kernel.Types);

            steps.DirectoryTable.ShouldBe(machine.System.DirectoryTable.Value, format.ToString());
            steps.Base.ShouldBe(machine.Kernel.Base.Value, format.ToString());
            steps.FindIdentity().ShouldBe((kernel.Pdb.Guid, kernel.Pdb.Age, "ntkrnlmp.pdb"), format.ToString());
            steps.Modules().ShouldBe(machine.Modules.Select(image => (image.Base.Value, image.Size, image.Name)));
            steps.Processes().Select(process => (process.Id, process.Name)).ShouldBe(machine.Processes.Select(process => (process.Id, process.Name)));
            steps.ScanProcesses(kernel.Version.Build).ShouldBe(machine.Processes.Select(process => (process.Id, process.Name)), ignoreOrder: true);
            ((uint)steps.DebuggerBlock(3)[2]).ShouldBe(0x4742_444Bu);
        }
    }

    [Theory]
    [MemberData(nameof(KernelsWithSymbols))]
    public void Objects_carry_their_type_and_the_debuggers_block_decodes(string version)
    {
        var kernel = Kernel(version);
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, MemorySize = 128 << 20, Seed = 7 });
        var steps = new PublishedSteps(machine.Ram, kernel.Symbols!, kernel.Types);

        foreach (var (_, name, process) in steps.Processes())
        {
            steps.TypeOf(process).ShouldBe("Process", name);
            steps.Handles(process).Select(steps.TypeOf).ShouldContain(type => type == "Process", name);
        }

        foreach (var driver in machine.Drivers)
        {
            steps.TypeOf(driver.Object.Value).ShouldBe("Driver");
        }

        foreach (var desktop in machine.Desktops)
        {
            steps.TypeOf(desktop.Object.Value).ShouldBe("Desktop");
        }

        var block = steps.DebuggerBlock(0x68);
        ((uint)block[2]).ShouldBe(0x4742_444Bu);
        block[3].ShouldBe(machine.Kernel.Base.Value);
        block[9].ShouldBe(steps.Symbol("PsLoadedModuleList"));
        block[10].ShouldBe(steps.Symbol("PsActiveProcessHead"));
        block[0x43].ShouldBe(steps.Symbol("KiProcessorBlock"));
    }

    [Fact]
    public void The_founding_texts_kernel_comes_out_byte_for_byte()
    {
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = Kernel("10.0.18362.476"), KernelBase = new VirtualAddress(0xFFFF_F804_1381_A000) });

        Words(machine, 0xFFFF_F804_13C3_EC20, 20).ShouldBe("""
            fced7204 fcf77b00 02b94a02 04747400 01cef300 fda01f00 01c06005 01c3b506 02218b05 0289df01
            028bd600 01a98d00 01e31b00 01c2a200 028b7200 01cca500 02229b01 01bf9901 0296d100 01fea002
            """.ReplaceLineEndings(" "));
        Words(machine, 0xFFFF_F804_13C3_ED74, 1).ShouldBe("020b9207");
        Bytes(machine, 0xFFFF_F804_13E4_A540, 22).ShouldBe("4881EC8800000033C04889442478C744247020000000");
        Bytes(machine, 0xFFFF_F804_1392_C340, 15).ShouldBe("4C8BDC4883EC68488B8424A8000000");
        Bytes(machine, 0xFFFF_F804_1393_63D0, 7).ShouldBe("4C8BDC49895B08");
        machine.System.Read(new VirtualAddress(0xFFFF_F804_2392_C340), new byte[1], out _).ShouldBe(0);
    }

    [Fact]
    public void Every_sixth_kernel_without_symbols_can_be_built_and_holds_its_table()
    {
        foreach (var kernel in KnowledgeBase.Embedded.Kernels.Where(kernel => kernel is { HasServices: true, HasSymbols: false, Architecture: ProcessorArchitecture.X64 }).Where((_, number) => number % 6 == 0))
        {
            using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, MemorySize = 64 << 20, Seed = 3 });
            var table = machine.Kernel.Base + kernel.Services!.TableRva;
            for (var index = 0; index < kernel.Services.Count; index++)
            {
                machine.System.TryReadUInt32(table + (ulong)index * 4, out var entry, out _).ShouldBeTrue();
                (table + (ulong)((int)entry >> 4)).ShouldBe(machine.Kernel.Base + kernel.Services.RvaOf(index), $"{kernel.Version} {index}");
            }

            machine.Processes.Count.ShouldBeGreaterThan(15);
            machine.Desktops.Count.ShouldBe(6);
        }
    }

    [Fact]
    public void The_same_options_give_the_same_bytes_and_another_seed_other_places()
    {
        using var first = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = Kernel("10.0.19041.508"), Seed = 5, Attacks = Enum.GetValues<LabAttack>(), SmearedPages = 9 });
        using var second = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = Kernel("10.0.19041.508"), Seed = 5, Attacks = Enum.GetValues<LabAttack>(), SmearedPages = 9 });
        using var third = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = Kernel("10.0.19041.508"), Seed = 6 });

        var (left, right) = (new byte[1 << 20], new byte[1 << 20]);
        foreach (var range in first.Ram.Ranges)
        {
            for (var address = range.Start; address < range.End; address += (ulong)left.Length)
            {
                var count = first.Ram.Read(address, left, out _);
                second.Ram.Read(address, right, out _).ShouldBe(count);
                left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)).ShouldBeTrue(address.ToString());
            }
        }

        third.Kernel.Base.ShouldNotBe(first.Kernel.Base);
        third.System.SelfMapIndex.ShouldNotBe(first.System.SelfMapIndex);
    }

    private static KnownKernel Kernel(string version)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        return KnowledgeBase.Embedded.FindKernel(parsed)!;
    }

    private static string Bytes(MachineMemory machine, ulong address, int count)
    {
        var bytes = new byte[count];
        machine.System.Read(new VirtualAddress(address), bytes, out _).ShouldBe(count);
        return Convert.ToHexString(bytes);
    }

    private static string Words(MachineMemory machine, ulong address, int count) => string.Join(' ', Enumerable.Range(0, count).Select(index =>
        machine.System.TryReadUInt32(new VirtualAddress(address + (ulong)index * 4), out var word, out _) ? word.ToString("x8") : "?"));
}
