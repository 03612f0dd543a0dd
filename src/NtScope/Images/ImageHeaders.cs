using System.Buffers.Binary;
using System.Text;

namespace NtScope.Images;

/// <summary>The DOS, file and optional header and the section table, checked.</summary>
internal sealed class ImageHeaders
{
    private const int DosHeaderSize = 0x40;
    private const int FileHeaderSize = 24;
    private const int SectionHeaderSize = 40;
    private const ushort Pe32 = 0x10B;
    private const ushort Pe32Plus = 0x20B;
    private const int PageSize = 0x1000;

    private ImageHeaders(DirectoryEntry[] directories, ImageSection[] sections)
    {
        Directories = directories;
        Sections = sections;
    }

    public DirectoryEntry[] Directories { get; }

    public ImageSection[] Sections { get; }

    public ushort Machine { get; private init; }

    public bool Is64Bit { get; private init; }

    public uint TimeDateStamp { get; private init; }

    public ushort Characteristics { get; private init; }

    public ulong PreferredBase { get; private init; }

    public uint EntryPoint { get; private init; }

    public uint SectionAlignment { get; private init; }

    public uint SizeOfImage { get; private init; }

    public uint SizeOfHeaders { get; private init; }

    public uint CheckSum { get; private init; }

    public ushort Subsystem { get; private init; }

    public ushort DllCharacteristics { get; private init; }

    /// <summary>The bytes that a section takes as mapped: its size rounded up to the section alignment.</summary>
    public ulong MappedSize(ImageSection section)
    {
        var alignment = Math.Max(SectionAlignment, 1);
        return ((ulong)section.VirtualSize + alignment - 1) / alignment * alignment;
    }

    /// <summary>Reads the headers from the first bytes of an image.</summary>
    /// <exception cref="InputException">They are not the headers of an image, or contradict themselves.</exception>
    public static ImageHeaders Parse(ReadOnlySpan<byte> start, string input)
    {
        if (start.Length < 2 || start[0] != 'M' || start[1] != 'Z')
        {
            throw new InputException(input, "DOS header", 0, "does not begin with MZ: this is not a Windows image");
        }

        Require(start.Length >= DosHeaderSize, input, "DOS header", 0, "is cut off");
        var fileHeader = BinaryPrimitives.ReadUInt32LittleEndian(start[0x3C..]);
        Require(fileHeader + (ulong)FileHeaderSize + 2 <= (ulong)start.Length, input, "DOS header", 0x3C, "points behind the end of the headers");
        var header = start[(int)fileHeader..];
        Require(header[..4].SequenceEqual("PE\0\0"u8), input, "PE header", fileHeader, "does not begin with PE: this is not a Windows image");

        var sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        Require(sectionCount <= Limits.ImageSections, input, "PE header", fileHeader, $"names {sectionCount} sections; at most {Limits.ImageSections} are read");
        var optionalSize = BinaryPrimitives.ReadUInt16LittleEndian(header[20..]);
        Require(FileHeaderSize + optionalSize <= header.Length, input, "optional header", fileHeader + FileHeaderSize, "is cut off");

        var optional = header.Slice(FileHeaderSize, optionalSize);
        var optionalOffset = fileHeader + FileHeaderSize;
        var magic = optionalSize >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(optional) : (ushort)0;
        Require(magic is Pe32 or Pe32Plus, input, "optional header", optionalOffset, "has no known magic number (10Bh or 20Bh)");
        var is64Bit = magic == Pe32Plus;
        var directoryStart = is64Bit ? 112 : 96;
        Require(optionalSize >= directoryStart, input, "optional header", optionalOffset, "is too short");

        var sizeOfImage = BinaryPrimitives.ReadUInt32LittleEndian(optional[56..]);
        Require(sizeOfImage is > 0 and <= Limits.ImageBytes, input, "optional header", optionalOffset + 56, $"gives 0x{sizeOfImage:x} as the size of the image");

        var headers = new ImageHeaders(
            ParseDirectories(optional, directoryStart),
            ParseSections(header[(FileHeaderSize + optionalSize)..], sectionCount, input, optionalOffset + optionalSize))
        {
            Machine = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]),
            TimeDateStamp = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
            Characteristics = BinaryPrimitives.ReadUInt16LittleEndian(header[22..]),
            Is64Bit = is64Bit,
            EntryPoint = BinaryPrimitives.ReadUInt32LittleEndian(optional[16..]),
            PreferredBase = is64Bit ? BinaryPrimitives.ReadUInt64LittleEndian(optional[24..]) : BinaryPrimitives.ReadUInt32LittleEndian(optional[28..]),
            SectionAlignment = BinaryPrimitives.ReadUInt32LittleEndian(optional[32..]),
            SizeOfImage = sizeOfImage,
            SizeOfHeaders = BinaryPrimitives.ReadUInt32LittleEndian(optional[60..]),
            CheckSum = BinaryPrimitives.ReadUInt32LittleEndian(optional[64..]),
            Subsystem = BinaryPrimitives.ReadUInt16LittleEndian(optional[68..]),
            DllCharacteristics = BinaryPrimitives.ReadUInt16LittleEndian(optional[70..]),
        };
        headers.CheckSections(input, optionalOffset + optionalSize);
        return headers;
    }

    private static DirectoryEntry[] ParseDirectories(ReadOnlySpan<byte> optional, int start)
    {
        var named = BinaryPrimitives.ReadUInt32LittleEndian(optional[(start - 4)..]);
        var count = (int)Math.Min(Math.Min(named, 16), (uint)(optional.Length - start) / 8);
        var entries = new DirectoryEntry[16];
        for (var i = 0; i < count; i++)
        {
            var entry = optional[(start + (i * 8))..];
            entries[i] = new DirectoryEntry(BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]));
        }

        return entries;
    }

    private static ImageSection[] ParseSections(ReadOnlySpan<byte> table, int count, string input, long offset)
    {
        Require(table.Length >= count * SectionHeaderSize, input, "section table", offset, "is cut off");
        var sections = new ImageSection[count];
        for (var i = 0; i < count; i++)
        {
            var header = table.Slice(i * SectionHeaderSize, SectionHeaderSize);
            var name = header[..8];
            var end = name.IndexOf((byte)0);
            var virtualSize = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
            var fileSize = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
            sections[i] = new ImageSection(
                Encoding.Latin1.GetString(end < 0 ? name : name[..end]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[12..]),
                virtualSize == 0 ? fileSize : virtualSize,
                BinaryPrimitives.ReadUInt32LittleEndian(header[20..]),
                fileSize,
                BinaryPrimitives.ReadUInt32LittleEndian(header[36..]));
        }

        return sections;
    }

    private void CheckSections(string input, long offset)
    {
        for (var i = 0; i < Sections.Length; i++)
        {
            var section = Sections[i];
            var alignedImage = ((ulong)SizeOfImage + PageSize - 1) / PageSize * PageSize;
            Require(
                section.Rva + (ulong)section.VirtualSize <= alignedImage,
                input,
                $"header of section {i}",
                offset + (i * SectionHeaderSize),
                $"ends at 0x{section.Rva + (ulong)section.VirtualSize:x}, behind the end of the image at 0x{SizeOfImage:x}");
        }
    }

    private static void Require(bool condition, string input, string structure, long offset, string reason)
    {
        if (!condition)
        {
            throw new InputException(input, structure, offset, reason);
        }
    }
}
