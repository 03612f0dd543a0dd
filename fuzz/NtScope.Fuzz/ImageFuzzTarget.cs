using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Targets;
using NtScope.Testing;
using NtScope.Testing.Images;
using NtScope.Testing.Syscalls;

namespace NtScope.Fuzz;

/// <summary>PE images: stub modules, kernels and window managers of all instruction sets.</summary>
internal sealed class ImageFuzzTarget : IFuzzTarget
{
    public string Name => "images";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        Stubs(ProcessorArchitecture.X64, "4C8BD1B8550000000F05C3"),
        Stubs(ProcessorArchitecture.X86, "B855000000BA0003FE7FFF12C22C00"),
        Stubs(ProcessorArchitecture.Arm64, "A10A00D4C0035FD6"),
        Kernel(ProcessorArchitecture.X64, 8),
        Kernel(ProcessorArchitecture.X64, 4),
        Kernel(ProcessorArchitecture.X86, 4),
        WindowManager(),
    ];

    public void Read(byte[] input)
    {
        using var image = PeImage.FromBytes(input, "input");
        Ask(image, TargetKind.Image, new ImageMemory([(new VirtualAddress(image.PreferredBase), image)], image.PointerSize), null);

        var memory = new BufferMemory(new VirtualAddress(0x10000), input, image.PointerSize);
        using var mapped = PeImage.FromMemory(memory, new VirtualAddress(0x10000), "mapped");
        Ask(mapped, TargetKind.Capture, memory, new VirtualAddress(0x10000));
    }

    private static void Ask(PeImage image, TargetKind kind, IMemory memory, VirtualAddress? start)
    {
        using var target = new Target
        {
            Kind = kind,
            Summary = new TargetSummary("input", "image", null, null, null),
            Architecture = image.Architecture,
            Memory = memory,
            Modules =
            [
                new Module
                {
                    Name = "nt",
                    Path = "input",
                    Base = start,
                    Size = image.SizeOfImage,
                    Image = image,
                    Pdb = image.Pdb,
                    Version = image.Version?.FileVersion,
                },
            ],
        };
        TargetInfo.Describe(target);
        _ = (image.Relocations, image.RuntimeFunctions.Find(image.EntryPoint), image.LoadConfiguration);
        Rows(() => SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()));
        StubReader.Read(image);
    }

    private static void Rows(Func<IReportTable> analyse)
    {
        try
        {
            var report = analyse();
            for (var row = 0; row < report.RowCount; row++)
            {
                for (var column = 0; column < report.Columns.Count; column++)
                {
                    report.CellAt(row, column);
                }
            }
        }
        catch (InputException)
        {
            // A damaged image may have no services left; the other questions are still asked.
        }
    }

    private static byte[] Stubs(ProcessorArchitecture architecture, string code)
    {
        var builder = new PeImageBuilder(architecture) { ModuleName = "ntdll.dll" };
        byte[] stub = [.. Convert.FromHexString(code), .. new byte[0x20]];
        var text = builder.AddSection(".text", [.. Enumerable.Repeat(stub[..0x20], 8).SelectMany(bytes => bytes)], executable: true);
        for (var i = 0; i < 8; i++)
        {
            builder.Export($"NtCall{i}", text + (uint)(i * 0x20)).Export($"ZwCall{i}", text + (uint)(i * 0x20));
            builder.WithFunction(text + (uint)(i * 0x20), text + (uint)(i * 0x20) + 11);
        }

        builder.Import("one.dll", "First", "Second");
        builder.ImportDelayed("two.dll", "Third");
        return builder
            .ExportForwarder("Forwarded", "OTHER.Function")
            .Relocate(text + 8).Relocate(text + 0x28)
            .WithPdb(new PdbIdentity("input.pdb", Guid.Parse("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36"), 1))
            .WithVersion(new FileVersion(10, 0, 18362, 476), ("OriginalFilename", "ntdll.dll"))
            .WithLoadConfiguration(text, 0x500)
            .Build();
    }

    private static byte[] Kernel(ProcessorArchitecture architecture, int entrySize)
    {
        var kernel = new KernelImageBuilder(architecture, 70) { EntrySize = entrySize, RoutineCount = 80 };
        return kernel.Build().WithVersion(new FileVersion(10, 0, 18362, 476)).Build();
    }

    private static byte[] WindowManager()
    {
        const int Count = 70;
        var builder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "win32k.sys" };
        var slots = builder.Import("win32kfull.sys", [.. Enumerable.Range(0, Count).Select(i => $"NtUserService{i}")]);
        List<byte> text = [];
        List<byte> table = [];
        for (var i = 0; i < Count; i++)
        {
            var rva = 0x1000u + (uint)text.Count;
            table.AddRange(BitConverter.GetBytes(rva));
            text.AddRange([0x48, 0xFF, 0x25, .. BitConverter.GetBytes(slots[i] - rva - 7), 0xCC]);
        }

        return builder
            .AddSectionAt(0x1000, ".text", [.. text], executable: true)
            .AddSectionAt(0x8000, ".rdata", [.. table, .. BitConverter.GetBytes(Count), .. Enumerable.Repeat((byte)4, Count)])
            .Export("W32pServiceTable", 0x8000).Export("W32pServiceLimit", 0x8000 + (Count * 4)).Export("W32pArgumentTable", 0x8004 + (Count * 4))
            .Build();
    }
}
