using System.Buffers.Binary;
using System.Text;
using NtScope.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Images;

/// <summary>Writes what makes an image of mapped memory: headers, export and import tables, the debug record, the version resource.</summary>
internal sealed class ImageWriter(LabAddressSpace space, VirtualAddress start)
{
    private const int HeaderOffset = 0xF8;
    private const int OptionalHeaderSize = 0xF0;
    private const int NarrowOptionalHeaderSize = 0xE0;
    private const int DirectoryCount = 16;
    private const int SectionHeaderSize = 40;
    private const uint FileAlignment = 0x200;
    private const int ExportDirectorySize = 40;
    private const int DebugEntrySize = 28;
    private const int ImportEntrySize = 20;
    private const ushort MachineX64 = 0x8664;
    private const ushort MachineX86 = 0x14C;
    private const ushort Pe32Plus = 0x20B;
    private const ushort Pe32 = 0x10B;
    private const uint CodeViewDebug = 2;
    private const int WideRelocation = 10;
    private const int NarrowRelocation = 3;

    private readonly (uint Rva, uint Size)[] _directories = new (uint, uint)[DirectoryCount];
    private readonly uint _pointer = (uint)space.PointerSize;

    private bool IsNarrow => _pointer == sizeof(uint);

    /// <summary>Writes the DOS and NT headers and the section table. Call it last: it holds the directories written before.</summary>
    public void WriteHeaders(LabImage image, FileVersion system, ushort subsystem, bool isLibrary, IReadOnlyList<ImageSectionPlan> sections)
    {
        var header = new byte[0x1000];
        "MZ"u8.CopyTo(header);
        Put16(header, 0x02, 0x90);
        Put16(header, 0x04, 3);
        Put16(header, 0x08, 4);
        Put16(header, 0x0C, 0xFFFF);
        Put16(header, 0x10, 0xB8);
        Put16(header, 0x18, 0x40);
        Put32(header, 0x3C, HeaderOffset);
        "PE\0\0"u8.CopyTo(header.AsSpan(HeaderOffset));
        var file = header.AsSpan(HeaderOffset + 4);
        var headerSize = IsNarrow ? NarrowOptionalHeaderSize : OptionalHeaderSize;
        Put16(file, 0x00, IsNarrow ? MachineX86 : MachineX64);
        Put16(file, 0x02, (ushort)sections.Count);
        Put32(file, 0x04, image.TimeDateStamp);
        Put16(file, 0x10, (ushort)headerSize);
        Put16(file, 0x12, (ushort)((IsNarrow ? 0x102 : 0x22) | (isLibrary ? 0x2000 : 0)));
        var optional = file[0x14..];
        Put16(optional, 0x00, IsNarrow ? Pe32 : Pe32Plus);
        optional[2] = 14;
        Put32(optional, 0x04, SumOf(ImageSectionPlan.Code));
        Put32(optional, 0x08, SumOf(ImageSectionPlan.Constants) + SumOf(ImageSectionPlan.Variables));
        Put32(optional, 0x10, image.EntryPoint);
        Put32(optional, 0x14, sections[0].Rva);
        PutPointer(optional, IsNarrow ? 0x1C : 0x18, image.Base.Value);
        Put32(optional, 0x20, 0x1000);
        Put32(optional, 0x24, FileAlignment);
        Put16(optional, 0x28, (ushort)system.Major);
        Put16(optional, 0x2A, (ushort)system.Minor);
        Put16(optional, 0x2C, (ushort)system.Major);
        Put16(optional, 0x2E, (ushort)system.Minor);
        Put16(optional, 0x30, (ushort)system.Major);
        Put16(optional, 0x32, (ushort)system.Minor);
        Put32(optional, 0x38, image.Size);
        var headersInFile = InFile(HeaderOffset + 0x18 + (uint)headerSize + SectionHeaderSize * (uint)sections.Count);
        Put32(optional, 0x3C, headersInFile);
        Put32(optional, 0x40, image.CheckSum);
        Put16(optional, 0x44, subsystem);
        Put16(optional, 0x46, 0x4160);
        var sizes = new ulong[] { 0x80000, 0x2000, 0x100000, 0x1000 };
        for (var index = 0; index < sizes.Length; index++)
        {
            PutPointer(optional, 0x48 + index * (int)_pointer, sizes[index]);
        }

        var directories = headerSize - 8 * DirectoryCount;
        Put32(optional, directories - 4, DirectoryCount);
        for (var index = 0; index < DirectoryCount; index++)
        {
            Put32(optional, directories + 8 * index, _directories[index].Rva);
            Put32(optional, directories + 8 * index + 4, _directories[index].Size);
        }

        for (var (index, inFile) = (0, headersInFile); index < sections.Count; index++)
        {
            var entry = optional[(headerSize + 40 * index)..];
            Encoding.ASCII.GetBytes(sections[index].Name).CopyTo(entry);
            Put32(entry, 0x08, sections[index].Size);
            Put32(entry, 0x0C, sections[index].Rva);
            Put32(entry, 0x10, InFile(sections[index].Size));
            Put32(entry, 0x14, inFile);
            Put32(entry, 0x24, sections[index].Characteristics);
            inFile += InFile(sections[index].Size);
        }

        space.Write(start, header);

        uint SumOf(uint characteristics) => (uint)sections.Where(section => section.Characteristics == characteristics).Sum(section => section.Size);
    }

    /// <summary>Writes an export directory of names.</summary>
    /// <returns>How many bytes it takes.</returns>
    public uint WriteExports(uint rva, string moduleName, uint timeDateStamp, IEnumerable<KeyValuePair<string, uint>> exports)
    {
        var sorted = exports.OrderBy(export => export.Key, StringComparer.Ordinal).ToArray();
        var functions = rva + ExportDirectorySize;
        var names = functions + 4 * (uint)sorted.Length;
        var ordinals = names + 4 * (uint)sorted.Length;
        var strings = ordinals + 2 * (uint)sorted.Length;
        var text = new MemoryStream();
        var bytes = new byte[strings - rva];
        Put32(bytes, 0x04, timeDateStamp);
        Put32(bytes, 0x0C, strings);
        Put32(bytes, 0x10, 1);
        Put32(bytes, 0x14, (uint)sorted.Length);
        Put32(bytes, 0x18, (uint)sorted.Length);
        Put32(bytes, 0x1C, functions);
        Put32(bytes, 0x20, names);
        Put32(bytes, 0x24, ordinals);
        text.Write(Encoding.ASCII.GetBytes(moduleName + '\0'));
        for (var index = 0; index < sorted.Length; index++)
        {
            Put32(bytes, (int)(functions - rva) + 4 * index, sorted[index].Value);
            Put32(bytes, (int)(names - rva) + 4 * index, strings + (uint)text.Length);
            Put16(bytes, (int)(ordinals - rva) + 2 * index, (ushort)index);
            text.Write(Encoding.ASCII.GetBytes(sorted[index].Key + '\0'));
        }

        space.Write(start + rva, bytes);
        space.Write(start + strings, text.ToArray());
        var size = strings - rva + (uint)text.Length;
        _directories[0] = (rva, size);
        return size;
    }

    /// <summary>Writes an import directory whose slots are bound already.</summary>
    /// <param name="rva">Where it goes.</param>
    /// <param name="slots">Where the import address table is: the modules' slots one behind the other, each list ended by a zero.</param>
    /// <param name="modules">The modules with the names and addresses that are imported from each.</param>
    /// <returns>How many bytes it takes.</returns>
    public uint WriteImports(uint rva, uint slots, IReadOnlyList<(string Module, IReadOnlyList<KeyValuePair<string, VirtualAddress>> Functions)> modules)
    {
        var at = rva + ImportEntrySize * ((uint)modules.Count + 1);
        var slot = slots;
        for (var index = 0; index < modules.Count; index++)
        {
            var (module, functions) = modules[index];
            var lookup = at;
            at += _pointer * ((uint)functions.Count + 1);
            var entry = start + rva + (ulong)(ImportEntrySize * index);
            space.WriteUInt32(entry, lookup);
            space.WriteUInt32(entry + 12, at);
            space.WriteUInt32(entry + 16, slot);
            at = WriteText(at, module);
            foreach (var (name, address) in functions)
            {
                space.WritePointer(start + lookup, new VirtualAddress(at));
                space.WritePointer(start + slot, address);
                at = WriteText(at + 2, name);
                lookup += _pointer;
                slot += _pointer;
            }

            slot += _pointer;
        }

        _directories[1] = (rva, at - rva);
        _directories[12] = (slots, slot - slots);
        return at - rva;
    }

    /// <summary>Writes a debug directory with the record that ties the image to its symbols.</summary>
    /// <returns>How many bytes it takes.</returns>
    public uint WriteDebugDirectory(uint rva, PdbIdentity pdb, uint timeDateStamp)
    {
        var record = new byte[24 + pdb.FileName.Length + 1];
        "RSDS"u8.CopyTo(record);
        pdb.Guid.TryWriteBytes(record.AsSpan(4));
        Put32(record, 20, pdb.Age);
        Encoding.ASCII.GetBytes(pdb.FileName).CopyTo(record, 24);
        var entry = new byte[DebugEntrySize];
        Put32(entry, 0x04, timeDateStamp);
        Put32(entry, 0x0C, CodeViewDebug);
        Put32(entry, 0x10, (uint)record.Length);
        Put32(entry, 0x14, rva + DebugEntrySize + 4);
        Put32(entry, 0x18, rva + DebugEntrySize + 4);
        space.Write(start + rva, entry);
        space.Write(start + rva + DebugEntrySize + 4, record);
        _directories[6] = (rva, DebugEntrySize);
        return DebugEntrySize + 4 + (uint)record.Length;
    }

    /// <summary>Writes the relocation directory: where the image holds addresses of its own.</summary>
    /// <param name="rva">Where it goes.</param>
    /// <param name="places">The RVAs of pointers.</param>
    /// <returns>How many bytes it takes.</returns>
    public uint WriteRelocations(uint rva, IEnumerable<uint> places)
    {
        var at = rva;
        foreach (var page in places.GroupBy(place => place & ~0xFFFu).OrderBy(page => page.Key))
        {
            var entries = page.Order().Select(place => (ushort)((IsNarrow ? NarrowRelocation : WideRelocation) << 12 | (int)(place & 0xFFF))).ToList();
            if (entries.Count % 2 != 0)
            {
                entries.Add(0);
            }

            var block = new byte[8 + 2 * entries.Count];
            Put32(block, 0, page.Key);
            Put32(block, 4, (uint)block.Length);
            for (var index = 0; index < entries.Count; index++)
            {
                Put16(block, 8 + 2 * index, entries[index]);
            }

            space.Write(start + at, block);
            at += (uint)block.Length;
        }

        _directories[5] = (at > rva ? rva : 0, at - rva);
        return at - rva;
    }

    /// <summary>Writes a resource directory that holds the version alone.</summary>
    /// <returns>How many bytes it takes.</returns>
    public uint WriteVersion(uint rva, string originalName, string description, FileVersion version)
    {
        var resource = VersionResource.Build(originalName, description, version);
        var bytes = new byte[0x58 + resource.Length];
        PutDirectory(bytes, 0x00, id: 16, 0x8000_0018);
        PutDirectory(bytes, 0x18, id: 1, 0x8000_0030);
        PutDirectory(bytes, 0x30, id: 0x409, 0x48);
        Put32(bytes, 0x48, rva + 0x58);
        Put32(bytes, 0x4C, (uint)resource.Length);
        resource.CopyTo(bytes, 0x58);
        space.Write(start + rva, bytes);
        _directories[2] = (rva, (uint)bytes.Length);
        return (uint)bytes.Length;

        static void PutDirectory(Span<byte> bytes, int at, uint id, uint offset)
        {
            Put16(bytes, at + 14, 1);
            Put32(bytes, at + 16, id);
            Put32(bytes, at + 20, offset);
        }
    }

    private static uint InFile(uint size) => (size + FileAlignment - 1) & ~(FileAlignment - 1);

    private static void Put16(Span<byte> bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[offset..], value);

    private static void Put32(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);

    private void PutPointer(Span<byte> bytes, int offset, ulong value)
    {
        if (IsNarrow)
        {
            Put32(bytes, offset, (uint)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
        }
    }

    private uint WriteText(uint rva, string text)
    {
        space.Write(start + rva, Encoding.ASCII.GetBytes(text + '\0'));
        return (rva + (uint)text.Length + 2) & ~1u;
    }
}
