using System.Buffers.Binary;
using NtScope.Images;
using NtScope.Syscalls;
using NtScope.Testing;
using NtScope.Testing.Images;
using NtScope.Testing.Syscalls;

namespace NtScope.Tests.Syscalls;

public class ServiceTableFinderTests
{
    [Theory]
    [InlineData(ProcessorArchitecture.X64, 8, true, true, false)]
    [InlineData(ProcessorArchitecture.X64, 8, false, true, true)]
    [InlineData(ProcessorArchitecture.X64, 4, true, true, false)]
    [InlineData(ProcessorArchitecture.X64, 4, true, false, false)]
    [InlineData(ProcessorArchitecture.X64, 4, false, true, false)]
    [InlineData(ProcessorArchitecture.X64, 4, false, true, true)]
    [InlineData(ProcessorArchitecture.X86, 4, true, true, false)]
    [InlineData(ProcessorArchitecture.X86, 4, false, true, false)]
    [InlineData(ProcessorArchitecture.X86, 4, true, false, false)]
    [InlineData(ProcessorArchitecture.Arm64, 4, true, false, false)]
    public void The_kernels_table_is_found_by_each_witness_alone_with_its_shape(
        ProcessorArchitecture architecture, int entrySize, bool exportsPairs, bool hasDescriptorCode, bool loadsAddress)
    {
        const int Count = 464;
        var kernel = new KernelImageBuilder(architecture, Count)
        {
            EntrySize = entrySize,
            ExportsPairs = exportsPairs,
            HasDescriptorCode = hasDescriptorCode,
            LoadsDescriptorAddress = loadsAddress,
        };
        using var image = kernel.Build().Open("ntoskrnl.exe");
        var search = ServiceTableFinder.Find(image);
        search.Problems.ShouldBeEmpty();
        var table = search.Tables.ShouldHaveSingleItem();
        table.Rva.ShouldBe(kernel.TableRva);
        table.EntrySize.ShouldBe(entrySize);
        table.Evidence.Count.ShouldBeGreaterThanOrEqualTo(2);
        table.Slots.Select(slot => slot.RoutineRva).ShouldBe(Enumerable.Range(0, Count).Select(i => (uint?)kernel.RoutineRva(i)));
        table.Slots.Select(slot => slot.StackArguments).ShouldBe(Enumerable.Range(0, Count).Select(i => (int?)kernel.StackArguments(i)));
    }

    [Fact]
    public void Without_a_witness_nothing_is_guessed()
    {
        var kernel = new KernelImageBuilder(ProcessorArchitecture.X64, 464) { EntrySize = 4, ExportsPairs = false, HasDescriptorCode = false };
        using var image = kernel.Build().Open("ntoskrnl.exe");
        var search = ServiceTableFinder.Find(image);
        search.Tables.ShouldBeEmpty();
        search.Problems.ShouldHaveSingleItem().ShouldContain("not found");
    }

    [Fact]
    public void A_limit_that_lies_is_not_believed()
    {
        var kernel = new KernelImageBuilder(ProcessorArchitecture.X64, 464) { EntrySize = 4, LimitError = 5, ExportsPairs = false };
        using var image = kernel.Build().Open("ntoskrnl.exe");
        ServiceTableFinder.Find(image).Tables.ShouldBeEmpty();
    }

    [Fact]
    public void Every_Zw_routine_has_its_exported_pair_in_the_kernel_of_XP()
    {
        using var image = PeImage.FromBytes(Facts.CorpusImage("5.1.2600.5512-x86/ntoskrnl.exe"), "ntoskrnl.exe");
        var table = ServiceTableFinder.Find(image).Tables.ShouldHaveSingleItem();
        table.Slots.Count.ShouldBe(284);
        table.Rva.ShouldBe(0xB6A8u);
        table.Evidence.Count.ShouldBeGreaterThanOrEqualTo(2);
        foreach (var (number, (name, _)) in KernelStubs.Read(image).Exported)
        {
            if (image.Exports.TryGetRva(name, out var routine))
            {
                table.Slots[number].RoutineRva.ShouldBe(routine);
            }
        }
    }

    [Theory]
    [InlineData("6.1.7601.17514-x64", 827, 8, false)]
    [InlineData("10.0.14393.447-x64", 1138, 4, true)]
    [InlineData("10.0.18362.175-x64", 1258, 4, true)]
    [InlineData("10.0.19041.508-x64", 1316, 4, true)]
    public void Tables_of_real_window_managers_are_found_with_their_filters(string version, int count, int entrySize, bool hasFilter)
    {
        using var image = PeImage.FromBytes(Facts.CorpusImage(version + "/win32k.sys"), "win32k.sys");
        var search = ServiceTableFinder.Find(image);
        search.Problems.ShouldBeEmpty();
        search.Tables.Count.ShouldBe(hasFilter ? 2 : 1);
        search.Tables.ShouldAllBe(table => table.Slots.Count == count && table.EntrySize == entrySize);
        search.Tables.Select(table => table.IsFilter).ShouldBe(hasFilter ? [false, true] : [false]);
        search.Tables.ShouldAllBe(table => table.Slots.All(slot => image.SectionAt(slot.RoutineRva!.Value)!.IsExecutable && slot.StackArguments >= 0 && slot.StackArguments <= 15));
        search.Tables[^1].Slots.Select(slot => slot.StackArguments).ShouldBe(search.Tables[0].Slots.Select(slot => slot.StackArguments));
    }

    [Theory]
    [InlineData("10.0.14393.447-x64", "x64/win32k/14393.tsv")]
    [InlineData("10.0.18362.175-x64", "x64/win32k/18362.tsv")]
    public void The_imports_behind_real_stubs_are_the_published_services(string version, string facts)
    {
        using var image = PeImage.FromBytes(Facts.CorpusImage(version + "/win32k.sys"), "win32k.sys");
        var published = File.ReadLines(Facts.PathOf("syscalls/" + facts)).Select(line => line.Split('\t')).ToDictionary(cells => int.Parse(cells[0]) - 0x1000, cells => cells[1]);
        var stubs = new WindowManagerStubs(image);
        var slots = ServiceTableFinder.Find(image).Tables[0].Slots;
        for (var i = 0; i < slots.Count; i++)
        {
            stubs.Follow(slots[i].RoutineRva!.Value)!.Name.ShouldBe(published[i]);
        }
    }

    [Fact]
    public void Stubs_behind_API_sets_say_which_and_exports_say_the_names()
    {
        using var image = PeImage.FromBytes(Facts.CorpusImage("10.0.19041.508-x64/win32k.sys"), "win32k.sys");
        var stubs = new WindowManagerStubs(image);
        stubs.ReadExportedNumbers().Count.ShouldBe(1316);
        var first = stubs.Follow(ServiceTableFinder.Find(image).Tables[0].Slots[0].RoutineRva!.Value)!;
        first.Module.ShouldBe("ext-ms-win-core-win32k-common-user-l1-1-0");
        first.Table.ShouldBe("ext_ms_win_core_win32k_common_user_l1_table");
        first.Position.ShouldBe(8);
    }

    [Fact]
    public void The_table_of_a_window_manager_that_exports_nothing_is_found_by_its_registration()
    {
        const int Count = 700;
        const uint Table = 0x20000;
        var builder = new PeImageBuilder(ProcessorArchitecture.X86) { ModuleName = "win32k.sys", PreferredBase = 0xBF800000 };
        builder.Export("EngBitBlt", 0x1000);
        var slot = builder.Import("ntoskrnl.exe", "ExAllocatePoolWithTag", "KeAddSystemServiceTable")[1];
        var text = Enumerable.Repeat((byte)0x90, Count * 8).ToArray();
        byte[] table = new byte[(Count * 4) + 0x40 + 4 + Count];
        var limit = Table + ((uint)Count * 4) + 0x40;
        for (var i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(i * 4), 0xBF801000 + ((uint)i * 8));
            builder.Relocate(Table + ((uint)i * 4));
            table[(Count * 4) + 0x44 + i] = (byte)(i % 9 * 4);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan((Count * 4) + 0x40), Count);

        // push 1; push offset arguments; push dword ptr [limit]; push 0; push offset table; call [KeAddSystemServiceTable]
        byte[] call =
        [
            0x55, 0x8B, 0xEC, 0x6A, 1, 0x68, .. BitConverter.GetBytes(0xBF800000 + limit + 4), 0xFF, 0x35, .. BitConverter.GetBytes(0xBF800000 + limit),
            0x6A, 0, 0x68, .. BitConverter.GetBytes(0xBF800000 + Table), 0xFF, 0x15, .. BitConverter.GetBytes(0xBF800000 + slot), 0x5D, 0xC3,
        ];
        using var image = builder
            .AddSectionAt(0x1000, ".text", text, executable: true)
            .AddSectionAt(Table, ".data", table)
            .AddSectionAt(0x30000, "INIT", call, executable: true)
            .Open("win32k.sys");
        var found = ServiceTableFinder.Find(image).Tables.ShouldHaveSingleItem();
        found.Rva.ShouldBe(Table);
        found.LimitRva.ShouldBe(limit);
        found.Slots.Count.ShouldBe(Count);
        found.Slots[10].StackArguments.ShouldBe(1);
    }
}
