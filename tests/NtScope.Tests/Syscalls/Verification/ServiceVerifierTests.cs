using NtScope.Captures;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Syscalls.Verification;
using NtScope.Targets;
using NtScope.Testing.Captures;
using NtScope.Testing.Images;

namespace NtScope.Tests.Syscalls.Verification;

/// <summary>Machines whose kernel has a file, or is known, with one thing changed at a time.</summary>
public sealed class ServiceVerifierTests
{
    private const int NtCreateFile = 0x55;
    private const ulong Nowhere = 0xFFFF9C0D_12305000;

    public static TheoryData<string> Versions => ["10.0.14393.4583", "10.0.18362.476", "10.0.22000.318"];

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_clean_machine_gives_no_finding(string version)
    {
        using var kernel = new KernelWithFile(version);
        var report = kernel.Verify();
        report.Rows.ShouldBeEmpty();
        report.Notes.ShouldContain(note => note == "nt is compared with ntoskrnl.exe.");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void An_entry_that_leads_out_of_the_kernel_is_found(string version)
    {
        using var kernel = new KernelWithFile(version);
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.Size + 0x1000, 0);
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
    [MemberData(nameof(Versions))]
    public void An_entry_that_leads_elsewhere_in_the_kernel_is_found(string version)
    {
        using var kernel = new KernelWithFile(version);
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.RoutineRva(NtCreateFile) + 0x10, KernelWithFile.Arguments(NtCreateFile));
        var row = kernel.Verify().Rows.ShouldHaveSingleItem();
        row.Kind.ShouldBe(VerificationKind.EntryRedirected);
        row.Owner.ShouldBe("nt");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Two_entries_that_were_exchanged_name_each_other(string version)
    {
        using var kernel = new KernelWithFile(version);
        var other = kernel.IndexOf("NtOpenFile");
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.RoutineRva(other), KernelWithFile.Arguments(NtCreateFile));
        kernel.Machine.SetEntry(kernel.TableRva, other, kernel.RoutineRva(NtCreateFile), KernelWithFile.Arguments(other));
        var rows = kernel.Verify().Rows;
        rows.Select(row => (row.Kind, row.Name)).ShouldBe([(VerificationKind.EntriesSwapped, "NtOpenFile"), (VerificationKind.EntriesSwapped, "NtCreateFile")], ignoreOrder: true);
        rows.Single(row => row.Name == "NtOpenFile").Detail.ShouldContain("55h (NtCreateFile)");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_changed_count_of_arguments_is_found_in_the_entry_and_in_the_argument_table(string version)
    {
        using var kernel = new KernelWithFile(version);
        kernel.Machine.SetEntry(kernel.TableRva, NtCreateFile, kernel.RoutineRva(NtCreateFile), 6);
        kernel.Machine.Write(KernelMachine.Base + kernel.ArgumentTableRva + 2, [0x3C]);
        kernel.Verify().Rows.Select(row => (row.Kind, row.Index!.Value.Number, row.Expected)).ShouldBe(
            [(VerificationKind.ArgumentsChanged, 2, "0x" + (KernelWithFile.Arguments(2) * 4).ToString("x")), (VerificationKind.ArgumentsChanged, NtCreateFile, "0x0")]);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_changed_number_of_services_is_found(string version)
    {
        using var kernel = new KernelWithFile(version);
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
        using var kernel = new KernelWithFile("10.0.18362.476");
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
        using var kernel = new KernelWithFile("10.0.18362.476");
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
        using var kernel = new KernelWithFile("10.0.18362.476");
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

    /// <summary>
    /// A kernel with a file of its own: the table of a known kernel as its file has it (RVAs), argument bytes, code at every routine. In memory the
    /// table is compacted as the boot code does.
    /// </summary>
    private sealed class KernelWithFile : IReferenceImages, IDisposable
    {
        private readonly PeImage _file;
        private readonly KnownServiceTable _services;

        public KernelWithFile(string version)
        {
            FileVersion.TryParse(version, out var number).ShouldBeTrue();
            var known = KnowledgeBase.Embedded.FindKernel(number)!;
            _services = known.Services!;
            var bytes = Build(known);
            _file = PeImage.FromBytes(bytes, "ntoskrnl.exe");
            Machine = new KernelMachine(bytes, known.Types, (uint)known.Version.Build);
            Machine.WithServiceTable(TableRva, [.. Enumerable.Range(0, Count).Select(index => (RoutineRva(index), Arguments(index)))]);
        }

        public KernelMachine Machine { get; }

        public uint TableRva => _services.TableRva;

        public uint LimitRva => _services.LimitRva;

        public uint ArgumentTableRva => _services.ArgumentTableRva;

        public int Count => _services.Count;

        public uint Size => _file.SizeOfImage;

        public uint CaveRva { get; private set; }

        public uint RoutineRva(int index) => _services.RvaOf(index);

        public int IndexOf(string name) => _services.TryGetIndex(name, out var index) ? index : throw new InvalidOperationException(name);

        public static int Arguments(int index) => index % 5;

        public Report<VerificationRow> Verify() => Verify(this);

        public Report<VerificationRow> Verify(IReferenceImages? references)
        {
            using var target = Open(Machine);
            return ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references);
        }

        public IEnumerable<(VerificationEvidence Evidence, IReferenceImages? References)> BothEvidences() =>
            [(VerificationEvidence.File, this), (VerificationEvidence.Structure, null)];

        public string Name => "files";

        public PeImage? Named(string fileName) => _file;

        public PeImage? Find(PeImage image) => image.Pdb is { } pdb && pdb.Matches(_file.Pdb) ? _file : null;

        public void Dispose() => _file.Dispose();

        private byte[] Build(KnownKernel known)
        {
            var tableStart = TableRva & ~0xFFFU;
            var tableBytes = new byte[(int)(((ArgumentTableRva + (uint)Count) | 0xFFF) + 1 - tableStart)];
            for (var i = 0; i < Count; i++)
            {
                BitConverter.TryWriteBytes(tableBytes.AsSpan((int)(TableRva - tableStart) + i * 4), RoutineRva(i));
                tableBytes[(int)(ArgumentTableRva - tableStart) + i] = (byte)(Arguments(i) * 4);
            }

            BitConverter.TryWriteBytes(tableBytes.AsSpan((int)(LimitRva - tableStart)), Count);
            var routines = Enumerable.Range(0, Count).Select(RoutineRva).Distinct().Order().ToList();
            var builder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "ntoskrnl.exe" };
            var sections = new SortedDictionary<uint, (byte[] Bytes, bool IsCode)>();
            AddCode(sections, [.. routines.Where(rva => rva < tableStart)]);
            sections[tableStart] = (tableBytes, false);
            AddCode(sections, [.. routines.Where(rva => rva > tableStart)]);
            foreach (var (rva, (bytes, isCode)) in sections)
            {
                builder.AddSectionAt(rva, isCode ? "PAGE" : ".rdata", bytes, isCode);
            }

            var data = builder.AddSection(".data", new byte[0x1000]);
            CaveRva = routines[0] + 0x28;
            return builder.WithPdb(known.Pdb).Export("PsInitialSystemProcess", data).Export("KeBugCheckEx", routines[0]).Build();
        }

        // A prologue, a constant that tells routines apart, an import-like call, a return: 32 bytes, or less where the next routine is nearer.
        private static void AddCode(SortedDictionary<uint, (byte[] Bytes, bool IsCode)> sections, uint[] routines)
        {
            if (routines.Length == 0)
            {
                return;
            }

            var start = routines[0] & ~0xFFFU;
            var bytes = new byte[(int)((routines[^1] | 0xFFF) + 1 - start)];
            for (var i = 0; i < routines.Length; i++)
            {
                byte[] code = [0x48, 0x83, 0xEC, 0x28, 0xB8, .. BitConverter.GetBytes(routines[i]), 0xFF, 0x15, 0, 1, 0, 0, 0x48, 0x83, 0xC4, 0x28, 0xC3];
                var room = i + 1 < routines.Length ? (int)(routines[i + 1] - routines[i]) : code.Length;
                code.AsSpan(0, Math.Min(room, code.Length)).CopyTo(bytes.AsSpan((int)(routines[i] - start)));
            }

            sections[start] = (bytes, true);
        }
    }
}
