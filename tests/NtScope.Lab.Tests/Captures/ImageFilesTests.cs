using System.Buffers.Binary;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Syscalls.Verification;
using NtScope.Targets;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Captures;

/// <summary>The machine's images as files on disk, and the proof of its service tables against them.</summary>
public sealed class ImageFilesTests
{
    private static readonly LabAttack[] Attacks =
    [
        LabAttack.RedirectedEntry, LabAttack.MisdirectedEntry, LabAttack.SwappedEntries, LabAttack.InlineHook, LabAttack.ChangedLimit, LabAttack.ChangedArguments,
        LabAttack.PatchedStub, LabAttack.RedirectedWin32kEntry, LabAttack.HookedWin32kRoutine,
    ];

    // x86 has no count in its entries, and no name leads to the number behind its table.
    private static readonly LabAttack[] WideAttacks = [LabAttack.ChangedServiceLimit, LabAttack.ChangedEntryArguments];

    [Theory]
    [InlineData("6.1.7601.24540")]
    [InlineData("6.3.9600.19913")]
    [InlineData("10.0.14393.4583")]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.318")]
    public void A_clean_machine_is_proved_against_its_files(string version)
    {
        using var folder = new TemporaryFolder();
        using var machine = MachineMemoryBuilder.Build(Options(version));
        ImageFileWriter.Write(machine.Options, folder.Path).ShouldBeGreaterThan(20);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());
        using var images = ImageFolder.Open(folder.Path, CancellationToken.None);

        var report = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, images);

        report.Rows.Select(row => row.Detail).ShouldBeEmpty();
        foreach (var name in new[] { "ntoskrnl.exe", "win32k.sys", "ntdll.dll" })
        {
            report.Notes.ShouldContain(note => note.Contains("compared with", StringComparison.Ordinal) && note.Contains(name, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("6.1.7601.24540")]
    [InlineData("10.0.14393.4583")]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.318")]
    [InlineData("5.1.2600.5512-x86")]
    [InlineData("6.1.7601.17514-x86")]
    [InlineData("10.0.17763.107-x86")]
    public void Every_change_is_found_with_the_files_evidence(string version)
    {
        using var folder = new TemporaryFolder();
        using var machine = MachineMemoryBuilder.Build(Options(version) with { Attacks = [.. Attacks, .. NamedKernel.IsNarrow(version) ? [] : WideAttacks], SmearedPages = 20 });
        ImageFileWriter.Write(machine.Options, folder.Path);
        using var file = new CaptureFile(machine, CaptureFormat.Dump);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());
        using var images = ImageFolder.Open(folder.Path, CancellationToken.None);

        var rows = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, images).Rows;

        // Nothing in the file of an x86 win32k says where its table is.
        rows.ShouldAllBe(row => row.Evidence == (row.Table == ServiceTableKind.Win32k && target.Architecture == ProcessorArchitecture.X86 ? VerificationEvidence.Structure : VerificationEvidence.File));
        rows.Select(row => (row.Kind, row.Address, row.Target ?? default, row.Sessions.SingleOrDefault()?.Number))
            .ShouldBe(machine.Traces.Select(trace => (KindOf(trace.Attack), trace.Address, trace.Target, trace.Session)), ignoreOrder: true);
        rows.Single(row => row.Kind == VerificationKind.StubPatched).Detail.ShouldContain("notepad.exe");
    }

    [Theory]
    [InlineData("5.1.2600.5512-x86", "6.1.7601.17514-x86")]
    [InlineData("10.0.17763.107-x86", "10.0.19041.1288-x86")]
    public void An_x86_machine_is_proved_against_its_files_and_those_of_another_build_are_refused(string version, string other)
    {
        using var folder = new TemporaryFolder();
        using var others = new TemporaryFolder();
        using var machine = MachineMemoryBuilder.Build(Options(version));
        ImageFileWriter.Write(machine.Options, folder.Path);
        ImageFileWriter.Write(Options(other), others.Path);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());
        using var images = ImageFolder.Open(folder.Path, CancellationToken.None);
        using var wrong = ImageFolder.Open(others.Path, CancellationToken.None);

        var report = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, images);

        report.Rows.Select(row => row.Detail).ShouldBeEmpty();
        report.Notes.ShouldContain(note => note.Contains("compared with", StringComparison.Ordinal) && note.Contains("ntoskrnl.exe", StringComparison.Ordinal));
        Should.Throw<InputException>(() => ServiceVerifier.Verify(target, KnowledgeBase.Embedded, wrong)).Message.ShouldContain(machine.Version.ToString());
    }

    [Fact]
    public void Files_of_another_build_are_refused_and_give_no_finding()
    {
        using var folder = new TemporaryFolder();
        using var machine = MachineMemoryBuilder.Build(Options("10.0.18362.476"));
        ImageFileWriter.Write(Options("10.0.19041.508"), folder.Path);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());
        using var images = ImageFolder.Open(folder.Path, CancellationToken.None);

        var refusal = Should.Throw<InputException>(() => ServiceVerifier.Verify(target, KnowledgeBase.Embedded, images));

        refusal.Message.ShouldContain("10.0.19041.508");
        refusal.Message.ShouldContain("10.0.18362.476");
    }

    [Fact]
    public void One_file_of_another_build_among_the_right_ones_is_named_and_not_used()
    {
        using var folder = new TemporaryFolder();
        using var others = new TemporaryFolder();
        using var machine = MachineMemoryBuilder.Build(Options("10.0.18362.476"));
        ImageFileWriter.Write(machine.Options, folder.Path);
        ImageFileWriter.Write(Options("10.0.19041.508"), others.Path);
        File.Copy(others.File("win32k.sys"), folder.File("win32k.sys"), overwrite: true);
        using var file = new CaptureFile(machine, CaptureFormat.Raw);
        using var target = TargetOpener.Open(file.Path, new TargetOptions());
        using var images = ImageFolder.Open(folder.Path, CancellationToken.None);

        var report = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, images);

        report.Rows.ShouldBeEmpty();
        report.Notes.ShouldContain(note => note.StartsWith("win32k.sys there is 10.0.19041.508", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("6.1.7601.24540", 8)]
    [InlineData("10.0.18362.476", 4)]
    public void Files_are_as_the_linker_leaves_them(string version, int entrySize)
    {
        using var folder = new TemporaryFolder();
        var options = Options(version);
        using var machine = MachineMemoryBuilder.Build(options);
        ImageFileWriter.Write(options, folder.Path);
        var services = options.Kernel.Services!;
        var kernel = File.ReadAllBytes(folder.File("ntoskrnl.exe"));
        using var image = PeImage.FromFile(folder.File("ntoskrnl.exe"));

        (image.PreferredBase, image.SizeOfImage, image.Pdb).ShouldBe((0x1_4000_0000ul, machine.Kernel.Size, options.Kernel.Pdb));
        image.Relocations.Count.ShouldBe(entrySize == 8 ? services.Count : 0);
        var entries = image.Slice(services.TableRva, (uint)(services.Count * entrySize)).Span;
        for (var index = 0; index < services.Count; index++)
        {
            (entrySize == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(entries[(index * 8)..]) - image.PreferredBase : BinaryPrimitives.ReadUInt32LittleEndian(entries[(index * 4)..]))
                .ShouldBe(services.RvaOf(index));
        }

        // Nothing of the running machine is left: no address of its kernel and none of its pools.
        for (var at = 0; at + 8 <= kernel.Length; at += 8)
        {
            (BinaryPrimitives.ReadUInt64LittleEndian(kernel.AsSpan(at)) - machine.Kernel.Base.Value).ShouldBeGreaterThan(machine.Kernel.Size, $"file offset {at:x}");
        }

        using var driver = PeImage.FromFile(folder.File("tcpip.sys"));
        driver.Relocations.Count.ShouldBe(12);
        driver.TryGetRva(BinaryPrimitives.ReadUInt64LittleEndian(driver.Slice(driver.Relocations.Rvas[0], 8).Span), out var routine).ShouldBeTrue();
        routine.ShouldBe(0x1040u);
    }

    private static VerificationKind KindOf(LabAttack attack) => attack switch
    {
        LabAttack.RedirectedEntry or LabAttack.RedirectedWin32kEntry => VerificationKind.EntryOutsideModule,
        LabAttack.MisdirectedEntry => VerificationKind.EntryRedirected,
        LabAttack.SwappedEntries => VerificationKind.EntriesSwapped,
        LabAttack.InlineHook or LabAttack.HookedWin32kRoutine => VerificationKind.InlineHook,
        LabAttack.ChangedLimit or LabAttack.ChangedServiceLimit => VerificationKind.LimitChanged,
        LabAttack.ChangedArguments or LabAttack.ChangedEntryArguments => VerificationKind.ArgumentsChanged,
        _ => VerificationKind.StubPatched,
    };

    private static MachineMemoryOptions Options(string version) => new() { Kernel = NamedKernel.Find(version), MemorySize = 96 << 20, Seed = 11 };
}
