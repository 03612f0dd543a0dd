using NtScope.Captures;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Targets;
using NtScope.Testing.Captures;

namespace NtScope.Tests.Targets;

public sealed class CaptureTargetTests
{
    private static readonly FileVersion Known = new(10, 0, 18362, 476);

    private static readonly PdbIdentity Unknown = new("ntkrnlmp.pdb", new Guid("11111111-2222-3333-4444-555555555555"), 1);

    private const string Header = "by the capture's header";
    private const string SelfMap = "by page tables that map themselves";

    public static TheoryData<string, string> Ways => new()
    {
        { "dump", Header },
        { "dump without the module list", Header },
        { "bitmap", Header },
        { "VirtualBox", Header },
        { "QEMU", Header },
        { "start block", "by the start-up code of further processors" },
        { "self map", SelfMap },
        { "LiME", SelfMap },
    };

    [Theory]
    [InlineData("dump", Header)]
    [InlineData("bitmap", Header)]
    [InlineData("start block", "by the start-up code of further processors")]
    [InlineData("self map", SelfMap)]
    [InlineData("LiME", SelfMap)]
    [InlineData("QEMU with five levels", Header)]
    public void Five_levels_of_page_tables_are_found_whatever_the_capture_says(string way, string evidence)
    {
        var kernel = KnowledgeBase.Embedded.FindKernel(Known)!;
        var machine = new KernelMachine(kernel.Pdb, kernel.Types, 18362, kernel.Symbols, hasFiveLevels: true);
        using var target = Open(Write(machine, way), way);

        target.Modules[0].Base.ShouldBe(new VirtualAddress(KernelMachine.Base));
        target.Modules.Count.ShouldBe(2);
        target.Types!.Origin.ShouldBe("symbols of 10.0.18362.476");
        target.Facts.ShouldContain(fact => fact.Name == "Directory table base" && fact.Value.EndsWith($"({evidence})", StringComparison.Ordinal));
        target.Facts.ShouldContain(fact => fact.Name == "Paging" && fact.Value.Contains("five", StringComparison.OrdinalIgnoreCase));
        target.AddressSpaces!.Explain(new PhysicalAddress(KernelMachine.Root), new VirtualAddress(KernelMachine.Base)).Steps.Count.ShouldBe(5);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_kernel_is_found_whatever_the_capture_says_of_it(string way, string evidence)
    {
        var machine = Machine(KnowledgeBase.Embedded.FindKernel(Known)!.Pdb, Known);
        using var target = Open(Write(machine, way), way);

        target.Modules[0].Name.ShouldBe("nt");
        target.Modules[0].Base.ShouldBe(new VirtualAddress(KernelMachine.Base));
        target.Summary.Version.ShouldBe("10.0.18362.476");
        target.Summary.Pdb.ShouldBe("ntkrnlmp.pdb 90F5E1C8BBE1FE1FB8A714305EE06F361");
        target.Modules[0].Symbols!.TryGetRva("KiServiceTable", out var table).ShouldBeTrue();
        table.ShouldBe(0x424C20U);
        target.AddressSpaces!.SystemDirectoryTable.ShouldBe(new PhysicalAddress(KernelMachine.Root));
        target.Facts.ShouldContain(fact => fact.Name == "Directory table base" && fact.Value.EndsWith($"({evidence})", StringComparison.Ordinal));
        target.Types!.Origin.ShouldBe("symbols of 10.0.18362.476");
        target.Facts.ShouldContain(fact => fact.Name == "Kernel base" && fact.Value.StartsWith("0xfffff8041381a000 (", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_headers_do_not_say_of_the_machine_is_read_from_its_memory()
    {
        var machine = Machine(KnowledgeBase.Embedded.FindKernel(Known)!.Pdb, Known);
        machine.Write(0xFFFFF780_00000008, 0x0000_0001_2A05F200);
        machine.Write(0xFFFFF780_00000010, 0x01DB_0000_0000_0001);
        machine.Write(0xFFFFF780_00000018, 0x01DB_0000_01DB_0000);
        using var target = Open(PlainWriter.Raw(machine.Memory), "machine.raw");

        target.Facts.ShouldContain(fact => fact.Name == "Up time" && fact.Value == "0.00:08:20");
        target.Facts.ShouldContain(fact => fact.Name == "Taken" && fact.Value == "2024-09-06 01:56:36 UTC");
        target.Facts.ShouldContain(fact => fact.Name == "Missing" && fact.Value == "the processors' registers");
    }

    [Fact]
    public void An_unknown_kernel_gets_the_layouts_of_the_nearest_build_that_fit_it()
    {
        // The machine is laid out like 19041, and says it is a build that nobody knows, nearer to 18362.
        var machine = Machine(Unknown, new FileVersion(10, 0, 19041, 508), build: 18500);
        using var target = Open(CrashDumpWriter.Full64(machine.Memory, machine.DumpFacts), "unknown.dmp");

        target.Types!.Origin.ShouldContain("19041");
        target.Notes.ShouldContain(note => note.StartsWith("This kernel is not known", StringComparison.Ordinal));
        target.Notes.ShouldContain(note => note.Contains("they fit the System process", StringComparison.Ordinal));
        target.Modules.Select(module => module.Name).ShouldBe(["nt", "driver"]);
        target.Modules[0].Symbols!.TryGetRva("PsActiveProcessHead", out var head).ShouldBeTrue();
        head.ShouldBe(machine.ProcessHeadRva);
    }

    [Fact]
    public void The_module_list_is_found_by_its_shape_where_nothing_names_it()
    {
        var machine = Machine(Unknown, new FileVersion(10, 0, 19041, 508), build: 19041);
        using var target = Open(PlainWriter.Raw(machine.Memory), "unknown.raw");

        target.Modules[0].Symbols!.TryGetNearest(machine.ModuleListRva, out var symbol).ShouldBeTrue();
        symbol.ShouldBe(new NtScope.Symbols.Symbol("PsLoadedModuleList", machine.ModuleListRva, NameSource.Structure));
        target.Modules[1].Path.ShouldBe("driver.sys");
        target.Modules[1].Image.ShouldBeNull();
    }

    [Fact]
    public void Layouts_that_do_not_fit_are_not_trusted_and_the_notes_say_why()
    {
        var machine = Machine(Unknown, Known);
        machine.Write(KernelMachine.SystemProcess + 0x28, 0xDEAD000);
        using var target = Open(PlainWriter.Raw(machine.Memory), "broken.raw");

        target.Types.ShouldBeNull();
        target.Notes.ShouldContain(note => note.Contains("No known structure layouts fit", StringComparison.Ordinal) && note.Contains("page tables", StringComparison.Ordinal));
        target.Modules.Count.ShouldBe(2);
    }

    [Fact]
    public void The_kernels_own_layouts_are_kept_where_its_System_process_was_changed_and_the_notes_say_so()
    {
        var kernel = KnowledgeBase.Embedded.FindKernel(Known)!;
        var machine = Machine(kernel.Pdb, Known);
        kernel.Types.TryGetStructure("_EPROCESS", out var process).ShouldBeTrue();
        process.TryGetField("ImageFileName", out var name).ShouldBeTrue();
        machine.Write(KernelMachine.SystemProcess + name.Offset, "system\0"u8);
        using var target = Open(PlainWriter.Raw(machine.Memory), "renamed.raw");

        target.Types.ShouldNotBeNull();
        target.Notes.ShouldContain(note => note.Contains("they are this very kernel's, but the System process would have another name", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_of_modules_that_runs_in_a_circle_ends_and_is_reported()
    {
        var machine = Machine(KnowledgeBase.Embedded.FindKernel(Known)!.Pdb, Known);
        // The driver's entry points back at itself and not at the head.
        machine.Write(0xFFFF9C0D_12300300, 0xFFFF9C0D_12300300);
        using var target = Open(CrashDumpWriter.Full64(machine.Memory, machine.DumpFacts), "circle.dmp");

        target.Modules.Count.ShouldBe(2);
        target.IsModuleListWhole.ShouldBeFalse();
        target.Notes.ShouldContain(note => note.Contains("comes back to 0xffff9c0d12300300", StringComparison.Ordinal));
    }

    [Fact]
    public void Memory_without_a_Windows_is_refused_with_a_reason()
    {
        var error = Should.Throw<InputException>(() => Open(new byte[2 << 20], "zero.raw"));
        error.Message.ShouldBe("zero.raw: this raw memory holds no page tables of a Windows: is it a capture of physical memory?");
    }

    [Fact]
    public void A_dump_whose_kernel_was_cut_off_says_that_it_is_cut_short()
    {
        var machine = Machine(KnowledgeBase.Embedded.FindKernel(Known)!.Pdb, Known);
        var bytes = CrashDumpWriter.Full64(machine.Memory, machine.DumpFacts);

        var error = Should.Throw<InputException>(() => Open(bytes[..(bytes.Length / 8)], "cut.dmp"));

        error.Message.ShouldContain("The capture is cut short: its headers promise");
    }

    private static KernelMachine Machine(PdbIdentity pdb, FileVersion layouts, uint build = 18362) =>
        new(pdb, KnowledgeBase.Embedded.NearestTypes(layouts, ProcessorArchitecture.X64)!, build, KnowledgeBase.Embedded.FindKernel(pdb)?.Symbols);

    private static byte[] Write(KernelMachine machine, string way) => way switch
    {
        "dump" => CrashDumpWriter.Full64(machine.Memory, machine.DumpFacts),
        "dump without the module list" => CrashDumpWriter.Full64(machine.Memory, machine.DumpFacts with { LoadedModuleList = 0 }),
        "bitmap" => CrashDumpWriter.Bitmap64(machine.Memory, machine.DumpFacts),
        "VirtualBox" => ElfCoreWriter.VirtualBox(machine.Memory, KernelMachine.Root, KernelMachine.Base + machine.CodeRva + 0x40),
        "QEMU" => ElfCoreWriter.Qemu(machine.Memory, KernelMachine.Root),
        "QEMU with five levels" => ElfCoreWriter.Qemu(machine.Memory, KernelMachine.Root, control4: 0x371678),
        "start block" => PlainWriter.Raw(machine.WithStartBlock().Memory),
        "LiME" => PlainWriter.Lime(machine.Memory),
        _ => PlainWriter.Raw(machine.Memory),
    };

    private static Target Open(byte[] bytes, string name) =>
        CaptureTarget.Open(Capture.FromBytes(bytes, name), new TargetOptions());
}
