using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Targets;
using NtScope.Testing;
using NtScope.Testing.Images;
using NtScope.Testing.Syscalls;

namespace NtScope.Tests.Syscalls;

public class SyscallAnalyserTests
{
    private static readonly uint[] ListedEntries =
    [
        0xFCED7204, 0xFCF77B00, 0x02B94A02, 0x04747400, 0x01CEF300, 0xFDA01F00, 0x01C06005, 0x01C3B506, 0x02218B05, 0x0289DF01,
        0x028BD600, 0x01A98D00, 0x01E31B00, 0x01C2A200, 0x028B7200, 0x01CCA500, 0x02229B01, 0x01BF9901, 0x0296D100, 0x01FEA002,
    ];

    [Fact]
    public void The_known_kernel_of_the_listing_has_its_entries()
    {
        using var target = TargetOpener.Open("10.0.18362.476", new TargetOptions { Knowledge = KnowledgeBase.Embedded });
        var report = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions());
        report.Schema.ShouldBe("ntscope.syscalls/1");
        report.Rows.Count.ShouldBe(464);
        report.Rows.Take(20).Select(row => (uint)row.Entry!.Value).ShouldBe(ListedEntries);
        report.Rows.ShouldAllBe(row => row.Name != null && row.NameSource == NameSource.KnownBuild);
        var createFile = report.Rows[0x55];
        createFile.Name.ShouldBe("NtCreateFile");
        createFile.Entry.ShouldBe(0x020B9207UL);
        createFile.StackArguments.ShouldBe(7);
        createFile.Parameters.ShouldBe(11);
        report.Rows[0x5A].Name.ShouldBe("NtQuerySystemTime");
    }

    [Fact]
    public void A_row_has_the_columns_of_the_schema() =>
        SyscallRow.Columns.Select(column => column.Name).ShouldBe(
            ["index", "name", "table", "module", "rva", "address", "entry", "stackArguments", "parameters", "prototype", "nameSource"]);

    [Fact]
    public void A_folder_joins_tables_and_stubs_and_shows_the_service_without_a_stub()
    {
        var report = Corpus("10.0.18362.175-x64", ["ntdll.dll", "win32u.dll", "win32k.sys"], TargetKind.Folder);
        report.Rows.Count.ShouldBe(464 + 1258);
        report.Rows[0x5A].Name.ShouldBe("NtQuerySystemTime");
        report.Rows[0x5A].NameSource.ShouldBe(NameSource.KnownBuild);
        report.Rows.Where(row => row.Table == ServiceTableKind.Win32k).ShouldAllBe(row => row.Entry != null && row.StackArguments != null && row.NameSource == NameSource.Export);
        report.Rows.SelectMany(row => row.Findings).Select(finding => finding.Kind).Distinct(StringComparer.Ordinal).ShouldBe(["argument-conflict"]);
    }

    [Fact]
    public void A_single_module_has_its_stubs_and_a_note_of_what_it_lacks()
    {
        var report = Corpus("10.0.18362.175-x64", ["ntdll.dll"], TargetKind.Image);
        report.Rows.Count.ShouldBe(463);
        report.Notes.ShouldContain(note => note.Contains("5Ah (NtQuerySystemTime)", StringComparison.Ordinal));
    }

    [Fact]
    public void A_published_table_of_another_revision_is_not_believed()
    {
        var report = Corpus("10.0.19041.508-x64", ["ntdll.dll"], TargetKind.Folder);
        report.Rows.Count.ShouldBe(471);
        report.Notes.ShouldContain(note => note.StartsWith("308 of 470 names differ", StringComparison.Ordinal));
        report.Rows[0x5A].Name.ShouldBe("NtQuerySystemTime");
    }

    [Fact]
    public void The_kernel_of_XP_and_its_stubs_name_every_service_and_count_its_arguments()
    {
        var report = Corpus("5.1.2600.5512-x86", ["ntoskrnl.exe", "ntdll.dll"], TargetKind.Folder);
        report.Rows.Count.ShouldBe(284);
        var published = File.ReadLines(Facts.PathOf("syscalls/x86/nt/2600-sp3.tsv")).Select(line => line.Split('\t')[1]).ToList();
        report.Rows.Select(row => row.Name).ShouldBe(published);
        report.Rows.ShouldAllBe(row => row.StackArguments != null && row.Entry != null && row.Module == "nt");
    }

    [Fact]
    public void Two_names_for_one_index_are_a_finding()
    {
        var kernel = new KernelImageBuilder(ProcessorArchitecture.X64, 200) { EntrySize = 4 };
        using var image = kernel.Build().Open("ntoskrnl.exe");
        var stubs = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "ntdll.dll" };
        var text = stubs.AddSection(".text", Convert.FromHexString("4C8BD1B8070000000F05C3"), executable: true);
        using var ntdll = stubs.Export("NtOther", text).Export("ZwOther", text).Open("ntdll.dll");
        using var target = TargetOf(TargetKind.Folder, image, ntdll);
        var row = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()).Rows[7];
        row.Name.ShouldBe("NtService007");
        row.Findings.ShouldContain(finding => finding.Kind == "name-conflict" && finding.Detail.Contains("NtOther", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_two_kernels_in_a_folder_only_one_is_read()
    {
        using var first = new KernelImageBuilder(ProcessorArchitecture.X86, 200).Build().Open("ntoskrnl.exe");
        using var second = new KernelImageBuilder(ProcessorArchitecture.X86, 201).Build().Open("ntkrnlpa.exe");
        using var target = TargetOf(TargetKind.Folder, first, second);
        var report = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions());
        report.Rows.Count.ShouldBe(200);
        report.Notes.ShouldContain(note => note == "Left out ntkrnlpa.exe: the services are those of ntoskrnl.exe.");
    }

    [Fact]
    public void A_service_stands_where_win32k_hands_it_on_to()
    {
        const int Count = 100;
        var builder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "win32k.sys" };
        var slots = builder.Import("win32kfull.sys", [.. Enumerable.Range(0, Count).Select(i => $"NtUserService{i}")]);
        List<byte> text = [];
        var table = new byte[Count * 4];
        for (var i = 0; i < Count; i++)
        {
            var rva = 0x1000u + (uint)text.Count;
            BitConverter.TryWriteBytes(table.AsSpan(i * 4), rva);
            text.AddRange([0x48, 0xFF, 0x25, .. BitConverter.GetBytes(slots[i] - rva - 7), 0xCC]);
        }

        byte[] arguments = [4, .. new byte[Count - 1]];
        using var image = builder
            .AddSectionAt(0x1000, ".text", [.. text], executable: true)
            .AddSectionAt(0x8000, ".rdata", [.. table, .. BitConverter.GetBytes(Count), .. arguments])
            .Export("W32pServiceTable", 0x8000).Export("W32pServiceLimit", 0x8000 + (Count * 4)).Export("W32pArgumentTable", 0x8004 + (Count * 4))
            .Open("win32k.sys");
        var fullBuilder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "win32kfull.sys" };
        fullBuilder.AddSection(".text", new byte[0x1000], executable: true);
        using var full = fullBuilder.Export("NtUserService9", 0x1234).Open("win32kfull.sys");
        using var target = TargetOf(TargetKind.Folder, image, full);
        var rows = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()).Rows;
        rows[9].Name.ShouldBe("NtUserService9");
        rows[9].NameSource.ShouldBe(NameSource.Import);
        (rows[9].Module, rows[9].Rva).ShouldBe(("win32kfull", 0x1234u));
        (rows[8].Module, rows[8].Rva).ShouldBe(("win32k", 0x1040u));
        rows[0].StackArguments.ShouldBe(1);
    }

    [Fact]
    public void A_service_behind_an_API_set_stands_in_the_module_that_hosts_the_set()
    {
        const int Count = 80;
        const uint Slots = 0x9000;
        const uint Descriptor = 0xA000;
        var builder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "win32k.sys" };
        List<byte> text = [];
        var table = new byte[Count * 4];
        for (var i = 0; i < Count; i++)
        {
            // sub rsp,28h; mov rax,[slot]; mov r11,r9; test rax,rax; je +6; call [dispatcher]; add rsp,28h; ret
            var rva = 0x1000u + (uint)text.Count;
            BitConverter.TryWriteBytes(table.AsSpan(i * 4), rva);
            text.AddRange([0x48, 0x83, 0xEC, 0x28, 0x48, 0x8B, 0x05, .. BitConverter.GetBytes(Slots + ((uint)i * 8) - rva - 11)]);
            text.AddRange([0x4C, 0x8B, 0xD9, 0x48, 0x85, 0xC0, 0x74, 6, 0xFF, 0x15, 0, 0, 0, 0, 0x48, 0x83, 0xC4, 0x28, 0xC3, 0xCC]);
        }

        for (var i = 0; i < Count; i++)
        {
            // mov eax,N; ret
            builder.Export($"__win32kstub_NtUserService{i}", 0x1000u + (uint)text.Count);
            text.AddRange([0xB8, .. BitConverter.GetBytes(i), 0xC3]);
        }

        var start = builder.PreferredBase;
        byte[] descriptor =
        [
            .. BitConverter.GetBytes(start + Slots), .. BitConverter.GetBytes(start + Descriptor + 0x10),
            .. BitConverter.GetBytes(start + Descriptor + 0x40), .. BitConverter.GetBytes(start + Descriptor + 0x80), .. new byte[8], .. BitConverter.GetBytes((ulong)Count),
            .. new byte[0x10], .. System.Text.Encoding.Unicode.GetBytes("ext-ms-win-test-l1-1-0\0"), .. new byte[0x12], .. "ext_ms_win_test_l1_table\0"u8,
        ];
        foreach (var pointer in new[] { 0u, 8u, 0x10u, 0x18u })
        {
            builder.Relocate(Descriptor + pointer);
        }

        using var image = builder
            .AddSectionAt(0x1000, ".text", [.. text], executable: true)
            .AddSectionAt(0x8000, ".rdata", [.. table, .. BitConverter.GetBytes(Count), 4, .. new byte[Count - 1]])
            .AddSectionAt(Slots, ".bss", [], virtualSize: Count * 8)
            .AddSectionAt(Descriptor, ".data", descriptor)
            .Export("W32pServiceTable", 0x8000).Export("W32pServiceLimit", 0x8000 + (Count * 4)).Export("W32pArgumentTable", 0x8004 + (Count * 4))
            .Open("win32k.sys");
        var hostBuilder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "win32kbase.sys" };
        hostBuilder.AddSection(".text", new byte[0x1000], executable: true);
        var array = hostBuilder.AddSection(".rdata", [.. Enumerable.Range(0, Count).SelectMany(i => BitConverter.GetBytes(hostBuilder.PreferredBase + 0x1000 + ((ulong)i * 8)))]);
        using var host = hostBuilder.Export("ext_ms_win_test_l1_table", array).Open("win32kbase.sys");
        using var target = TargetOf(TargetKind.Folder, image, host);
        var row = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()).Rows[7];
        (row.Name, row.NameSource).ShouldBe(("NtUserService7", NameSource.Export));
        (row.Module, row.Rva).ShouldBe(("win32kbase", 0x1038u));
    }

    [Fact]
    public void A_table_in_memory_is_read_as_the_running_kernel_encodes_it()
    {
        const int Count = 300;
        var kernel = new KernelImageBuilder(ProcessorArchitecture.X64, Count) { EntrySize = 4 };
        var builder = kernel.Build().WithVersion(new FileVersion(10, 0, 18362, 1));
        var bytes = builder.BuildMapped();
        var start = new VirtualAddress(0xFFFFF80010000000);
        var table = start + kernel.TableRva;
        for (var i = 0; i < Count; i++)
        {
            ServiceTableEntry.TryEncode(table, start + kernel.RoutineRva(i), kernel.StackArguments(i), ServiceEntryEncoding.ShiftedOffset, out var entry).ShouldBeTrue();
            BitConverter.TryWriteBytes(bytes.AsSpan((int)kernel.TableRva + (i * 4)), entry.Raw);
        }

        BitConverter.TryWriteBytes(bytes.AsSpan(0x140000), table.Value);
        BitConverter.TryWriteBytes(bytes.AsSpan(0x140010), (ulong)Count);
        BitConverter.TryWriteBytes(bytes.AsSpan(0x140018), (table + (Count * 4) + 4).Value);
        var memory = new BufferMemory(start, bytes);
        using var image = PeImage.FromMemory(memory, start, "nt");
        using var target = new Target
        {
            Kind = TargetKind.Capture,
            Summary = new TargetSummary("memory", "capture", "x64", null, null),
            Architecture = ProcessorArchitecture.X64,
            Memory = memory,
            Modules = [new Module { Name = "nt", Path = "ntoskrnl.exe", Size = image.SizeOfImage, Base = start, Image = image, Version = image.Version?.FileVersion }],
        };
        var rows = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()).Rows;
        rows.Count.ShouldBe(Count);
        rows.Select(row => row.Rva).ShouldBe(Enumerable.Range(0, Count).Select(i => (uint?)kernel.RoutineRva(i)));
        rows.Select(row => row.StackArguments).ShouldBe(Enumerable.Range(0, Count).Select(i => (int?)kernel.StackArguments(i)));
        rows[7].Name.ShouldBe("NtService007");
    }

    [Fact]
    public void A_target_without_services_is_refused_with_a_reason()
    {
        var builder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "other.dll" };
        builder.AddSection(".text", new byte[0x10], executable: true);
        using var image = builder.Export("Other", 0x1000).Open("other.dll");
        using var target = TargetOf(TargetKind.Image, image);
        Should.Throw<InputException>(() => SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions())).Message.ShouldContain("no system services were found");
    }

    private static Report<SyscallRow> Corpus(string version, string[] files, TargetKind kind)
    {
        var images = files.Select(file => PeImage.FromBytes(Facts.CorpusImage($"{version}/{file}"), file)).ToArray();
        using var target = TargetOf(kind, images);
        return SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions());
    }

    private static Target TargetOf(TargetKind kind, params PeImage[] images) => new()
    {
        Kind = kind,
        Summary = new TargetSummary("test", "folder", null, null, null),
        Architecture = images[0].Architecture,
        Memory = new ImageMemory([], images[0].PointerSize),
        Modules =
        [
            .. images.Select(image => new Module
            {
                Name = image.Name == "ntoskrnl.exe" ? "nt" : Path.GetFileNameWithoutExtension(image.Name),
                Path = image.Name,
                Size = image.SizeOfImage,
                Image = image,
                Pdb = image.Pdb,
                Version = image.Version?.FileVersion,
            }),
        ],
    };
}
