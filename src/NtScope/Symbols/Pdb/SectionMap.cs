using System.Buffers.Binary;

namespace NtScope.Symbols.Pdb;

/// <summary>Turns the section and offset of a symbol into an RVA of the image as shipped: section headers first, OMAP where the image was rearranged.</summary>
internal sealed class SectionMap
{
    private const int SectionHeaderBytes = 40;
    private const int OmapEntryBytes = 8;
    private readonly (uint Rva, uint Size)[] _sections;
    private readonly uint[] _omapFrom;
    private readonly uint[] _omapTo;

    /// <summary>Reads the tables that the debug information names.</summary>
    /// <exception cref="InputException">A table has more entries than an image can have.</exception>
    public SectionMap(MultiStreamFile file, DebugInformation information)
    {
        var omap = information.OmapFromSourceStream is { } omapStream ? file.ReadStream(omapStream) : [];
        var headerStream = omap.Length > 0 && information.OriginalSectionHeaderStream is { } original ? original : information.SectionHeaderStream;
        var headers = headerStream is { } stream ? file.ReadStream(stream) : [];
        if (headers.Length / SectionHeaderBytes > Limits.ImageSections)
        {
            throw new InputException(file.Name, "section headers", 0, $"{headers.Length / SectionHeaderBytes} sections cannot be");
        }

        _sections = new (uint, uint)[headers.Length / SectionHeaderBytes];
        for (var i = 0; i < _sections.Length; i++)
        {
            var header = headers.AsSpan(i * SectionHeaderBytes, SectionHeaderBytes);
            _sections[i] = (BinaryPrimitives.ReadUInt32LittleEndian(header[12..]), BinaryPrimitives.ReadUInt32LittleEndian(header[8..]));
        }

        _omapFrom = new uint[omap.Length / OmapEntryBytes];
        _omapTo = new uint[_omapFrom.Length];
        for (var i = 0; i < _omapFrom.Length; i++)
        {
            var entry = omap.AsSpan(i * OmapEntryBytes, OmapEntryBytes);
            _omapFrom[i] = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            _omapTo[i] = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
        }

        Array.Sort(_omapFrom, _omapTo);
    }

    /// <summary>
    /// Where a symbol is; false for absolute symbols, sections that do not exist, and code that the rearranging removed
    /// (an OMAP target of 0).
    /// </summary>
    public bool TryGetRva(ushort section, uint offset, out uint rva)
    {
        rva = 0;
        if (section == 0 || section > _sections.Length)
        {
            return false;
        }

        var linked = (ulong)_sections[section - 1].Rva + offset;
        if (linked > Limits.ImageBytes)
        {
            return false;
        }

        rva = (uint)linked;
        return _omapFrom.Length == 0 || TryTranslate(ref rva);
    }

    private bool TryTranslate(ref uint rva)
    {
        var place = Array.BinarySearch(_omapFrom, rva);
        place = place >= 0 ? place : ~place - 1;
        if (place < 0 || _omapTo[place] == 0)
        {
            return false;
        }

        rva = unchecked(_omapTo[place] + (rva - _omapFrom[place]));
        return true;
    }
}
