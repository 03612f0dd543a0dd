using System.Text;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Symbols;
using NtScope.Symbols.Types;
using NtScope.Testing.Symbols;

namespace NtScope.DebuggerComparison;

/// <summary>The dump that both debuggers open, and the PDB of its kernel in a symbol store beside it.</summary>
internal static class LabDump
{
    /// <summary>The dump's name in its folder.</summary>
    public const string FileName = "lab.dmp";

    /// <summary>The store's name in the folder.</summary>
    public const string StoreName = "symbols";

    private static readonly VirtualAddress KernelBase = new(0xfffff804_1381a000);
    private static readonly VirtualAddress Samples = new(0xffffae00_00000000);
    private static readonly VirtualAddress NarrowKernelBase = new(0x8281a000);
    private static readonly VirtualAddress NarrowSamples = new(0xb5000000);

    /// <summary>Writes both.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="version">The kernel's file version.</param>
    /// <param name="isNarrow">Whether it is the x86 kernel of that version.</param>
    public static void Write(string folder, FileVersion version, bool isNarrow)
    {
        Directory.CreateDirectory(folder);
        LabKernel kernel = isNarrow
            ? LabKernel.Narrow(version)
            : KnowledgeBase.Embedded.FindKernel(version) ?? throw new ArgumentException($"no kernel {version} is known", nameof(version));
        var start = isNarrow ? NarrowKernelBase : KernelBase;
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, KernelBase = start, MemorySize = 128ul << 20, Processors = 1 });
        using var image = PeImage.FromMemory(machine.System, start, "ntoskrnl.exe");
        var symbols = Symbols(machine, kernel, image);
        WriteSamples(machine, symbols, isNarrow);
        CaptureWriter.Write(machine, CaptureFormat.Dump, Path.Combine(folder, FileName));
        var store = Path.Combine(folder, StoreName, kernel.Pdb.FileName, kernel.Pdb.StoreKey);
        Directory.CreateDirectory(store);
        File.WriteAllBytes(Path.Combine(store, kernel.Pdb.FileName), Pdb(kernel, symbols, image));
    }

    // All symbols where they are known; of x86 kernels the services, the exports and the variables that the commands name.
    private static SymbolTable Symbols(MachineMemory machine, LabKernel kernel, PeImage image)
    {
        if (kernel.Symbols is { } known)
        {
            return new SymbolTable(known.All());
        }

        Symbol Named(string name, uint rva) => new(name, rva, NameSource.Symbol);
        uint Rva(VirtualAddress address) => (uint)(address - machine.Kernel.Base);
        return new SymbolTable(
        [
            Named("KiServiceTable", kernel.Services.TableRva),
            Named("PsActiveProcessHead", Rva(machine.ActiveProcessHead)),
            Named("PsLoadedModuleList", Rva(machine.LoadedModuleList)),
            .. kernel.Services.Select(service => Named(service.Name, service.Rva)),
            .. image.Exports.Functions.Where(function => function is { Name: not null, Forwarder: null }).Select(function => Named(function.Name!, function.Rva)),
        ]);
    }

    // Numbers, texts, strings, pointers and instructions of many forms, at addresses that the commands name.
    private static void WriteSamples(MachineMemory machine, SymbolTable symbols, bool isNarrow)
    {
        var (memory, kernel, samples) = (machine.System, machine.Kernel.Base, isNarrow ? NarrowSamples : Samples);
        memory.Allocate(samples, 0x1000, PageAccess.Write);
        uint Rva(string name) => symbols.TryGetRva(name, out var rva) ? rva : throw new InvalidOperationException(name);
        void Put(uint offset, ReadOnlySpan<byte> bytes) => memory.Write(samples + offset, bytes);
        byte[] Pointers(params ulong[] pointers) => [.. pointers.SelectMany(pointer => isNarrow ? BitConverter.GetBytes((uint)pointer) : BitConverter.GetBytes(pointer))];
        byte[] padding = isNarrow ? [] : [0, 0, 0, 0];
        Put(0, [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        Put(0x100, Encoding.Unicode.GetBytes("Hello wide world\0"));
        Put(0x180, "Hello narrow\x01 world\0"u8);
        Put(0x200, Pointers(
            (kernel + Rva("NtCreateFile")).Value, (kernel + Rva("NtCreateFile") + 5).Value, (kernel + Rva("KiServiceTable")).Value,
            samples.Value, 0, 1, (kernel + Rva("PsLoadedModuleList")).Value, ulong.MaxValue));
        Put(0x300, [24, 0, 26, 0, .. padding, .. Pointers((samples + 0x100).Value)]);
        Put(0x310, [5, 0, 6, 0, .. padding, .. Pointers((samples + 0x180).Value)]);
        Put(0x340, Pointers((samples + 0x200).Value, (samples + 0x100).Value, (samples + 0x180).Value, (samples + 0x340).Value, 0x12345678, (samples + 0x400).Value));
        Put(0x3a0, BitConverter.GetBytes(1.5f));
        Put(0x3a8, BitConverter.GetBytes(-2.25));
        Put(0x3b0, [0xff, 0xff, 0xff, 0xff, 0x80, 0xff, 0xff, 0x7f]);
        Put(0x400, [.. Enumerable.Range(0, 0xc00).Select(i => (byte)((i * 37) + 11))]);
        memory.Write(kernel + Rva("NtClose"), Convert.FromHexString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "instructions.hex")).ReplaceLineEndings("")));
    }

    private static byte[] Pdb(LabKernel kernel, SymbolTable symbols, PeImage image)
    {
        var builder = new PdbBuilder(kernel.Pdb.Guid, kernel.Pdb.Age, kernel.Architecture);
        foreach (var section in image.Sections)
        {
            builder.Section(section.Name, section.Rva, section.VirtualSize, (uint)section.Characteristics);
        }

        foreach (var symbol in symbols.All())
        {
            var section = image.Sections.FirstOrDefault(section => symbol.Rva >= section.Rva && symbol.Rva - section.Rva < section.VirtualSize);
            if (section is not null) builder.Public(symbol.Name, symbol.Rva, section.IsExecutable);
        }

        var enumerations = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in kernel.Types.StructureNames)
        {
            if (kernel.Types.TryGetStructure(name, out var layout))
            {
                builder.Type(layout);
                foreach (var field in layout.Fields) Collect(field.Type, enumerations);
            }
        }

        foreach (var name in enumerations)
        {
            if (kernel.Types.TryGetEnumeration(name, out var layout)) builder.Type(layout);
        }

        return builder.Build();
    }

    private static void Collect(TypeReference type, SortedSet<string> enumerations)
    {
        if (type.Kind == TypeKind.Enumeration) enumerations.Add(type.Name);
        if (type.Element is { } element) Collect(element, enumerations);
    }
}
