using System.Text;
using NtScope.Images;
using NtScope.Symbols;
using NtScope.Symbols.Types;
using NtScope.Testing.Images;

namespace NtScope.Testing.Captures;

/// <summary>
/// The least that makes a Windows machine to a reader: a kernel image at a base of its own, page tables that map themselves, the list of loaded
/// modules, the System process. Structures are laid out by the types that are given.
/// </summary>
public sealed class KernelMachine
{
    private const ulong RootAddress = 0x1AD000;
    private const ulong ImageAddress = 0x400000;
    private const ulong PoolAddress = 0x300000;
    private const ulong PoolVirtual = 0xFFFF9C0D_12300000;
    private const ulong SharedDataVirtual = 0xFFFFF780_00000000;
    private const ulong SharedDataAddress = 0x3F0000;
    private const ulong ProcessAt = 0x2000;
    private const uint KernelEntryAt = 0x100;
    private const uint DriverEntryAt = 0x300;

    /// <summary>A machine.</summary>
    /// <param name="pdb">The identity of its kernel.</param>
    /// <param name="types">The layouts of its structures.</param>
    /// <param name="build">The build that KUSER_SHARED_DATA says.</param>
    /// <param name="symbols">Where the kernel's variables are; null to put them anywhere.</param>
    /// <param name="hasFiveLevels">Whether its page tables have five levels.</param>
    public KernelMachine(PdbIdentity pdb, ITypeSource types, uint build, ISymbolSource? symbols = null, bool hasFiveLevels = false)
        : this(Kernel(pdb, symbols), types, build, hasFiveLevels)
    {
    }

    /// <summary>A machine that runs the kernel of a file.</summary>
    /// <param name="file">The kernel's file.</param>
    /// <param name="types">The layouts of its structures.</param>
    /// <param name="build">The build that KUSER_SHARED_DATA says.</param>
    public KernelMachine(byte[] file, ITypeSource types, uint build)
        : this((file, InitialOf(file), InitialOf(file) + 0x40, InitialOf(file) + 0x80, 0x1000), types, build)
    {
    }

    private KernelMachine((byte[] File, uint Initial, uint ModuleList, uint ProcessHead, uint Code) kernel, ITypeSource types, uint build, bool hasFiveLevels = false)
    {
        ModuleListRva = kernel.ModuleList;
        ProcessHeadRva = kernel.ProcessHead;
        CodeRva = kernel.Code;
        Tables = (hasFiveLevels ? PageTables.FiveLevel(Memory, RootAddress, 0x1B0000) : PageTables.FourLevel(Memory, RootAddress, 0x1B0000)).MapSelf(0x1ED);
        var image = MapImage(kernel.File, Base, ImageAddress);
        Tables.MapRun(PoolVirtual, PoolAddress, 0x10000);
        Tables.Map(SharedDataVirtual, SharedDataAddress);
        Memory.WriteUInt32(SharedDataAddress + 0x260, build);
        Memory.WriteUInt32(SharedDataAddress + 0x26C, 10);
        _ = Memory[0xFFF];

        Write(Base + kernel.Initial, PoolVirtual + ProcessAt);
        WriteProcess(types);
        WriteModules(image);
    }

    private static uint InitialOf(byte[] file)
    {
        using var image = PeImage.FromBytes(file, "kernel");
        return image.Exports.TryGetRva("PsInitialSystemProcess", out var rva) ? rva : throw new InvalidOperationException("This is no kernel.");
    }

    private static (byte[] File, uint Initial, uint ModuleList, uint ProcessHead, uint Code) Kernel(PdbIdentity pdb, ISymbolSource? symbols)
    {
        var builder = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "ntoskrnl.exe" };
        var code = builder.AddSection(".text", new byte[0x1000], executable: true);
        var initial = Place("PsInitialSystemProcess", 0x2000);
        var moduleList = Place("PsLoadedModuleList", 0x2040);
        var processHead = Place("PsActiveProcessHead", 0x2080);
        uint[] places = [initial, moduleList, processHead, Place("KiServiceTable", 0x2100), Place("KeServiceDescriptorTable", 0x2100), Place("KeServiceDescriptorTableShadow", 0x2100)];
        var data = places.Min() & ~0xFFFU;
        builder.AddSectionAt(data, ".data", new byte[(int)((places.Max() + 0x1000 & ~0xFFFU) - data)]);
        builder.WithPdb(pdb).Export("PsInitialSystemProcess", initial).Export("NtClose", code).Export("KeBugCheckEx", code);
        if (symbols is not null)
        {
            // The real kernel's code goes on behind its data; routines must lie in code.
            builder.AddSectionAt(0x700000, "PAGE", new byte[0x1000], executable: true, virtualSize: 0x400000);
        }

        return (builder.Build(), initial, moduleList, processHead, code);

        uint Place(string name, uint otherwise) => symbols?.TryGetRva(name, out var rva) == true ? rva : otherwise;
    }

    /// <summary>The kernel's base, as KASLR would choose it.</summary>
    public static ulong Base => 0xFFFFF804_1381A000;

    /// <summary>Physical memory.</summary>
    public PhysicalPages Memory { get; } = new();

    /// <summary>The system's page tables.</summary>
    public PageTables Tables { get; }

    /// <summary>CR3.</summary>
    public static ulong Root => RootAddress;

    /// <summary>Where the list of loaded modules begins, from the kernel's base.</summary>
    public uint ModuleListRva { get; }

    /// <summary>Where the list of processes begins, from the kernel's base.</summary>
    public uint ProcessHeadRva { get; }

    /// <summary>Code of the kernel, from its base.</summary>
    public uint CodeRva { get; }

    /// <summary>What a crash dump of it says.</summary>
    public CrashDumpFacts DumpFacts => new()
    {
        DirectoryTableBase = RootAddress,
        LoadedModuleList = Base + ModuleListRva,
        ActiveProcessHead = Base + ProcessHeadRva,
        DebuggerDataBlock = 0,
    };

    /// <summary>The System process.</summary>
    public static ulong SystemProcess => PoolVirtual + ProcessAt;

    /// <summary>Plants the start-up code of further processors below 1 MiB.</summary>
    public KernelMachine WithStartBlock()
    {
        Memory.WriteUInt64(0x13000, 0x00000001000600E9);
        Memory.WriteUInt64(0x13070, Base + CodeRva);
        Memory.WriteUInt64(0x130A0, RootAddress);
        return this;
    }

    /// <summary>Writes eight bytes at a virtual address that the system maps.</summary>
    public void Write(ulong address, ulong value) => Memory.WriteUInt64(Physical(address), value);

    /// <summary>Writes bytes at a virtual address that the system maps; they must not cross a page.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes) => Memory.Write(Physical(address), bytes);

    /// <summary>Writes the service table as a running kernel has it: offsets from its start, and how many arguments are on the stack.</summary>
    /// <param name="tableRva">Where it is, from the kernel's base.</param>
    /// <param name="services">Where the routine of each service is, from the kernel's base, and its stack arguments.</param>
    public KernelMachine WithServiceTable(uint tableRva, IReadOnlyList<(uint Rva, int StackArguments)> services)
    {
        for (var i = 0; i < services.Count; i++)
        {
            SetEntry(tableRva, i, services[i].Rva, services[i].StackArguments);
        }

        return this;
    }

    /// <summary>Writes one entry of a service table.</summary>
    public void SetEntry(uint tableRva, int index, uint routineRva, int stackArguments) =>
        Memory.WriteUInt32(Physical(Base + tableRva + (ulong)(index * 4)), unchecked((uint)((int)(routineRva - tableRva) << 4) | (uint)stackArguments));

    private uint MapImage(byte[] file, ulong start, ulong physical)
    {
        using var image = PeImage.FromBytes(file, "kernel");
        var mapped = new byte[image.SizeOfImage];
        file.AsSpan(0, 0x1000).CopyTo(mapped);
        foreach (var section in image.Sections)
        {
            image.Read(section.Rva, mapped.AsSpan((int)section.Rva, (int)Math.Min(section.VirtualSize, image.SizeOfImage - section.Rva)), out _);
        }

        for (var i = 0; i < image.Relocations.Count; i++)
        {
            var place = mapped.AsSpan((int)image.Relocations[i].Rva);
            BitConverter.TryWriteBytes(place, unchecked(BitConverter.ToUInt64(place) + start - image.PreferredBase));
        }

        Memory.Write(physical, mapped);
        Tables.MapRun(start, physical, image.SizeOfImage);
        return image.SizeOfImage;
    }

    private void WriteProcess(ITypeSource types)
    {
        var process = PoolVirtual + ProcessAt;
        var links = process + Offset(types, "_EPROCESS", "ActiveProcessLinks");
        Write(process + Offset(types, "_KPROCESS", "DirectoryTableBase"), RootAddress);
        Write(process + Offset(types, "_EPROCESS", "UniqueProcessId"), 4);
        Memory.Write(Physical(process + Offset(types, "_EPROCESS", "ImageFileName")), "System\0"u8);
        Write(links, Base + ProcessHeadRva);
        Write(links + 8, Base + ProcessHeadRva);
        Write(Base + ProcessHeadRva, links);
        Write(Base + ProcessHeadRva + 8, links);
    }

    private void WriteModules(uint imageSize)
    {
        WriteModule(KernelEntryAt, Base, imageSize, "ntoskrnl.exe", Base + ModuleListRva, PoolVirtual + DriverEntryAt);
        WriteModule(DriverEntryAt, 0xFFFFF804_20000000, 0x8000, "driver.sys", PoolVirtual + KernelEntryAt, Base + ModuleListRva);
        Write(Base + ModuleListRva, PoolVirtual + KernelEntryAt);
        Write(Base + ModuleListRva + 8, PoolVirtual + DriverEntryAt);
    }

    private void WriteModule(uint at, ulong start, uint size, string name, ulong previous, ulong next)
    {
        var entry = PoolVirtual + at;
        var text = Encoding.Unicode.GetBytes(name);
        var textAt = PoolVirtual + 0x1000 + at;
        Memory.Write(Physical(textAt), text);
        Write(entry, next);
        Write(entry + 8, previous);
        Write(entry + 0x30, start);
        Write(entry + 0x40, size);
        foreach (var offset in (ReadOnlySpan<ulong>)[0x48, 0x58])
        {
            Write(entry + offset, (uint)text.Length * 0x10001UL);
            Write(entry + offset + 8, textAt);
        }
    }

    private ulong Physical(ulong address)
    {
        var at = Tables.EntryAddress(address, 12);
        return (BitConverter.ToUInt64(Memory[at >> 12], (int)(at & 0xFFF)) & 0xF_FFFF_FFFF_F000) | (address & 0xFFF);
    }

    private static uint Offset(ITypeSource types, string structure, string field) =>
        types.TryGetStructure(structure, out var layout) && layout.TryGetField(field, out var found)
            ? found.Offset
            : throw new InvalidOperationException($"{types.Origin} lacks {structure}.{field}.");
}
