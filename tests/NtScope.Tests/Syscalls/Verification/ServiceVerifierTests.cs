using NtScope.Captures;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Syscalls.Verification;
using NtScope.Targets;
using NtScope.Testing;
using NtScope.Testing.Captures;

namespace NtScope.Tests.Syscalls.Verification;

/// <summary>Real kernel files of the corpus, mapped as a running machine has them, with one thing changed at a time.</summary>
public sealed class ServiceVerifierTests
{
    private const int NtCreateFile = 0x55;
    private const ulong Nowhere = 0xFFFF9C0D_12305000;

    public static TheoryData<string> Corpus => ["10.0.14393.447-x64", "10.0.18362.175-x64", "10.0.19041.508-x64"];

    [Theory]
    [MemberData(nameof(Corpus))]
    public void A_clean_machine_gives_no_finding(string corpus)
    {
        using var kernel = new CorpusKernel(corpus);
        var report = kernel.Verify();
        report.Rows.ShouldBeEmpty();
        report.Notes.ShouldContain(note => note == "nt is compared with ntoskrnl.exe.");
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void An_entry_that_leads_out_of_the_kernel_is_found(string corpus)
    {
        using var kernel = new CorpusKernel(corpus);
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.Size + 0x1000, 7);
        var row = kernel.Verify().Rows.ShouldHaveSingleItem();
        row.Kind.ShouldBe(VerificationKind.EntryOutsideModule);
        row.Index.ShouldBe(new ServiceIndex(ServiceTableKind.Nt, NtCreateFile));
        row.Name.ShouldBe("NtCreateFile");
        row.Address.ShouldBe(new VirtualAddress(KernelMachine.Base + kernel.TableRva + NtCreateFile * 4));
        row.Expected.ShouldBe(new VirtualAddress(KernelMachine.Base + kernel.RoutineRva(NtCreateFile)).ToString());
        row.Target.ShouldBe(new VirtualAddress(KernelMachine.Base + kernel.Size + 0x1000));
        row.Owner.ShouldBe("no module");
        row.Evidence.ShouldBe(VerificationEvidence.File);
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void An_entry_that_leads_elsewhere_in_the_kernel_is_found(string corpus)
    {
        using var kernel = new CorpusKernel(corpus);
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.RoutineRva(NtCreateFile) + 0x10, kernel.Arguments(NtCreateFile));
        var row = kernel.Verify().Rows.ShouldHaveSingleItem();
        row.Kind.ShouldBe(VerificationKind.EntryRedirected);
        row.Owner.ShouldBe("nt");
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void Two_entries_that_were_exchanged_name_each_other(string corpus)
    {
        const int NtOpenFile = 0x33;
        using var kernel = new CorpusKernel(corpus);
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.RoutineRva(NtOpenFile), kernel.Arguments(NtCreateFile));
        kernel.Machine.SetEntry(kernel.TableRva, NtOpenFile, kernel.RoutineRva(NtCreateFile), kernel.Arguments(NtOpenFile));
        var rows = kernel.Verify().Rows;
        rows.Select(row => (row.Kind, row.Name)).ShouldBe([(VerificationKind.EntriesSwapped, "NtOpenFile"), (VerificationKind.EntriesSwapped, "NtCreateFile")]);
        rows[0].Detail.ShouldContain("55h (NtCreateFile)");
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void A_changed_count_of_arguments_is_found_in_the_entry_and_in_the_argument_table(string corpus)
    {
        using var kernel = new CorpusKernel(corpus);
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.RoutineRva(NtCreateFile), 6);
        kernel.Machine.Write(KernelMachine.Base + kernel.ArgumentTableRva + 2, [0x3C]);
        kernel.Verify().Rows.Select(row => (row.Kind, row.Index!.Value.Number, row.Expected)).ShouldBe(
            [(VerificationKind.ArgumentsChanged, 2, "0x" + (kernel.Arguments(2) * 4).ToString("x")), (VerificationKind.ArgumentsChanged, NtCreateFile, "0x7")]);
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void A_changed_number_of_services_is_found(string corpus)
    {
        using var kernel = new CorpusKernel(corpus);
        kernel.Machine.Write(KernelMachine.Base + kernel.LimitRva, BitConverter.GetBytes(kernel.Count - 1));
        var row = kernel.Verify().Rows.ShouldHaveSingleItem();
        row.Kind.ShouldBe(VerificationKind.LimitChanged);
        row.Index.ShouldBeNull();
        row.Expected.ShouldBe($"0x{kernel.Count:x}");
    }

    [Theory]
    [InlineData("48B800503012 0D9CFFFF FFE0", "mov then jmp")]
    [InlineData("FF25000000000050 30120D9CFFFF", "jmp through the code itself")]
    [InlineData("6800503012C74424040D9CFFFFC3", "push and ret")]
    [InlineData("48B8005030120D9CFFFF50C3", "mov, push and ret")]
    public void A_routine_that_was_patched_is_decoded_to_where_it_finally_goes(string patch, string form)
    {
        using var kernel = new CorpusKernel("10.0.18362.175-x64");
        kernel.Machine.Write(KernelMachine.Base + kernel.RoutineRva(NtCreateFile), Convert.FromHexString(patch.Replace(" ", string.Empty)));
        foreach (var (evidence, references) in kernel.BothEvidences())
        {
            var row = kernel.Verify(references).Rows.ShouldHaveSingleItem(form);
            row.Kind.ShouldBe(VerificationKind.InlineHook);
            row.Name.ShouldBe("NtCreateFile");
            row.Address.ShouldBe(new VirtualAddress(KernelMachine.Base + kernel.RoutineRva(NtCreateFile)));
            row.Target.ShouldBe(new VirtualAddress(Nowhere));
            row.Owner.ShouldBe("no module");
            row.Evidence.ShouldBe(evidence);
        }
    }

    [Fact]
    public void A_near_jump_is_followed_over_a_cave_in_the_kernel_to_its_end()
    {
        using var kernel = new CorpusKernel("10.0.18362.175-x64");
        var routine = kernel.RoutineRva(NtCreateFile);
        kernel.Machine.Write(KernelMachine.Base + routine, [0xE9, .. BitConverter.GetBytes((int)(kernel.CaveRva - routine - 5))]);
        kernel.Machine.Write(KernelMachine.Base + kernel.CaveRva, [0xFF, 0x25, 0, 0, 0, 0, .. BitConverter.GetBytes(Nowhere)]);
        var row = kernel.Verify().Rows.ShouldHaveSingleItem();
        row.Kind.ShouldBe(VerificationKind.InlineHook);
        row.Target.ShouldBe(new VirtualAddress(Nowhere));
        row.Detail.ShouldContain("jmp");
    }

    [Fact]
    public void A_machine_whose_pages_are_missing_is_not_called_clean_without_saying_so()
    {
        using var kernel = new CorpusKernel("10.0.18362.175-x64");
        kernel.Machine.Tables.SetEntry(KernelMachine.Base + kernel.RoutineRva(NtCreateFile), 12, 0);
        var report = kernel.Verify();
        report.Rows.ShouldBeEmpty();
        report.Notes.ShouldContain(note => note.StartsWith("Not verified because the memory is not readable: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Knowledge_of_the_very_kernel_serves_where_there_is_no_file()
    {
        var machine = KnownMachine.Create();
        KnownMachine.Verify(machine).Rows.ShouldBeEmpty();

        machine.SetEntry(KnownMachine.Table, NtCreateFile, KnownMachine.Services.RvaOf(3), 7);
        var row = KnownMachine.Verify(machine).Rows.ShouldHaveSingleItem();
        row.Kind.ShouldBe(VerificationKind.EntryRedirected);
        row.Evidence.ShouldBe(VerificationEvidence.Knowledge);
        row.Expected.ShouldBe("0xfffff80413e4a540");
    }

    [Theory]
    [InlineData("KeServiceDescriptorTable")]
    [InlineData("KeServiceDescriptorTableShadow")]
    public void A_descriptor_that_points_at_a_copy_is_found_and_the_copy_is_read_too(string descriptor)
    {
        var machine = KnownMachine.Create();
        KnownMachine.Symbols.TryGetRva(descriptor, out var rva).ShouldBeTrue();
        machine.Write(KernelMachine.Base + rva, KernelMachine.Base + 0x702000);
        var copy = Enumerable.Range(0, KnownMachine.Services.Count).Select(index => (KnownMachine.Services.RvaOf(index), 0)).ToList();
        machine.WithServiceTable(0x702000, copy);
        machine.SetEntry(0x702000, NtCreateFile, 0x1000, 0);

        var rows = KnownMachine.Verify(machine).Rows;
        rows.Where(row => row.Kind == VerificationKind.TableRelocated).ShouldHaveSingleItem().Target.ShouldBe(new VirtualAddress(KernelMachine.Base + 0x702000));
        var redirected = rows.Where(row => row.Kind == VerificationKind.EntryRedirected).ShouldHaveSingleItem();
        redirected.Name.ShouldBe("NtCreateFile");
        redirected.Address.ShouldBe(new VirtualAddress(KernelMachine.Base + 0x702000 + NtCreateFile * 4));
    }

    [Fact]
    public void A_descriptor_that_allows_more_services_is_found()
    {
        var machine = KnownMachine.Create();
        KnownMachine.Symbols.TryGetRva("KeServiceDescriptorTable", out var rva);
        machine.Write(KernelMachine.Base + rva + 0x10, (ulong)KnownMachine.Services.Count + 8);
        KnownMachine.Verify(machine).Rows.ShouldHaveSingleItem().Kind.ShouldBe(VerificationKind.LimitChanged);
    }

    [Fact]
    public void A_machine_of_which_nothing_says_where_its_table_is_is_refused_and_not_called_clean()
    {
        var pdb = new PdbIdentity("ntkrnlmp.pdb", new Guid("11111111-2222-3333-4444-555555555555"), 1);
        var machine = new KernelMachine(pdb, KnowledgeBase.Embedded.NearestTypes(new FileVersion(10, 0, 18362, 476), ProcessorArchitecture.X64)!, 18362);
        Should.Throw<InputException>(() => KnownMachine.Verify(machine)).Message.ShouldContain("no service table could be verified");
    }

    private static Target Open(KernelMachine machine) =>
        CaptureTarget.Open(Capture.FromBytes(CrashDumpWriter.Bitmap64(machine.Memory, machine.DumpFacts), "machine.dmp"), new TargetOptions());

    /// <summary>The kernel of the founding text, of which all symbols are known.</summary>
    private static class KnownMachine
    {
        private static readonly KnownKernel Kernel = KnowledgeBase.Embedded.FindKernel(new FileVersion(10, 0, 18362, 476))!;

        public static KnownServiceTable Services => Kernel.Services!;

        public static NtScope.Symbols.ISymbolSource Symbols => Kernel.Symbols!;

        public static uint Table => Services.TableRva;

        public static KernelMachine Create()
        {
            var machine = new KernelMachine(Kernel.Pdb, Kernel.Types, 18362, Symbols);
            machine.WithServiceTable(Table, [.. Enumerable.Range(0, Services.Count).Select(index => (Services.RvaOf(index), 0))]);
            machine.Write(KernelMachine.Base + Services.LimitRva, BitConverter.GetBytes(Services.Count));
            foreach (var name in new[] { "KeServiceDescriptorTable", "KeServiceDescriptorTableShadow" })
            {
                Symbols.TryGetRva(name, out var rva).ShouldBeTrue();
                machine.Write(KernelMachine.Base + rva, KernelMachine.Base + Table);
                machine.Write(KernelMachine.Base + rva + 0x10, (ulong)Services.Count);
                machine.Write(KernelMachine.Base + rva + 0x18, KernelMachine.Base + Services.ArgumentTableRva);
            }

            return machine;
        }

        public static Report<VerificationRow> Verify(KernelMachine machine)
        {
            using var target = Open(machine);
            return ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null);
        }
    }

    /// <summary>A real kernel file in memory: relocated, its table compacted as the boot code does.</summary>
    private sealed class CorpusKernel : IReferenceImages, IDisposable
    {
        private readonly PeImage _file;
        private readonly KnownServiceTable _services;

        public CorpusKernel(string corpus)
        {
            var bytes = Facts.CorpusImage(corpus + "/ntoskrnl.exe");
            _file = PeImage.FromBytes(bytes, "ntoskrnl.exe");
            var known = KnowledgeBase.Embedded.FindKernel(_file.Pdb!)!;
            _services = known.Services!;
            Machine = new KernelMachine(bytes, known.Types, (uint)known.Version.Build);
            Machine.WithServiceTable(TableRva, [.. Enumerable.Range(0, Count).Select(index => (RoutineRva(index), Arguments(index)))]);
        }

        public KernelMachine Machine { get; }

        public uint TableRva => _services.TableRva;

        public uint LimitRva => _services.LimitRva;

        public uint ArgumentTableRva => _services.ArgumentTableRva;

        public int Count => _services.Count;

        public uint Size => _file.SizeOfImage;

        public uint CaveRva => _file.Sections.First(section => section.IsExecutable).Rva + 0x20;

        public uint RoutineRva(int index) => _services.RvaOf(index);

        public int Arguments(int index) => _file.TryReadByte(ArgumentTableRva + (uint)index, out var bytes) ? bytes / 4 : 0;

        public Report<VerificationRow> Verify() => Verify(this);

        public Report<VerificationRow> Verify(IReferenceImages? references)
        {
            using var target = Open(Machine);
            return ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references);
        }

        public IEnumerable<(VerificationEvidence Evidence, IReferenceImages? References)> BothEvidences() =>
            [(VerificationEvidence.File, this), (VerificationEvidence.Structure, null)];

        public PeImage? Find(PeImage image) => image.Pdb is { } pdb && pdb.Matches(_file.Pdb) ? _file : null;

        public void Dispose() => _file.Dispose();
    }
}
