namespace NtScope.Images;

/// <summary>The bytes of an image that lies as a file: sections are found through the section table, what the file lacks is zero.</summary>
internal sealed class FileContent : ImageContent
{
    private const uint PageSize = 0x1000;
    private const uint SectorSize = 0x200;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly ulong _base;
    private readonly Range[] _ranges;
    private readonly IDisposable? _owner;

    public FileContent(ReadOnlyMemory<byte> file, ImageHeaders headers, string input, IDisposable? owner)
    {
        _file = file;
        _owner = owner;
        _base = headers.PreferredBase;
        _ranges = new Range[headers.Sections.Length + 1];
        for (var i = 0; i < headers.Sections.Length; i++)
        {
            _ranges[i] = RangeOf(headers, headers.Sections[i], (uint)file.Length, input);
        }

        _ranges[^1] = new Range(0, headers.SizeOfHeaders, 0, Math.Min(headers.SizeOfHeaders, (uint)file.Length));
    }

    public override int Read(uint rva, Span<byte> destination, out ReadFault fault)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var at = rva + (ulong)done;
            if (at > uint.MaxValue || !TryFind((uint)at, out var range))
            {
                fault = new ReadFault(ReadFaultKind.Unmapped, _base + at);
                return done;
            }

            var into = (uint)at - range.Rva;
            var rest = destination[done..];
            var length = (int)Math.Min((ulong)rest.Length, range.Size - into);
            var stored = into < range.Stored ? (int)Math.Min((uint)length, range.Stored - into) : 0;
            if (stored > 0)
            {
                _file.Span.Slice((int)(range.Offset + into), stored).CopyTo(rest);
            }

            rest[stored..length].Clear();
            done += length;
        }

        fault = default;
        return done;
    }

    public override ReadOnlyMemory<byte> Slice(uint rva, uint length)
    {
        if (TryFind(rva, out var range) && (ulong)(rva - range.Rva) + length <= range.Stored)
        {
            return _file.Slice((int)(range.Offset + rva - range.Rva), (int)length);
        }

        var copy = new byte[length];
        Read(rva, copy, out _);
        return copy;
    }

    public override ReadOnlyMemory<byte> Stored(ImageSection section) =>
        TryFind(section.Rva, out var range) ? _file.Slice(range.Stored > 0 ? (int)range.Offset : 0, (int)range.Stored) : default;

    public override bool TryGetOffset(uint rva, out uint offset)
    {
        var found = TryFind(rva, out var range) && rva - range.Rva < range.Stored;
        offset = found ? range.Offset + (rva - range.Rva) : 0;
        return found;
    }

    public override void Dispose()
    {
        _owner?.Dispose();
        base.Dispose();
    }

    private static Range RangeOf(ImageHeaders headers, ImageSection section, uint fileLength, string input)
    {
        // With whole pages the loader ignores the low bits of the offset; below that the file is mapped as it stands.
        var offset = headers.SectionAlignment >= PageSize ? section.FileOffset & ~(SectorSize - 1) : section.FileOffset;
        var size = headers.MappedSize(section);
        var stored = section.FileOffset == 0 ? 0 : (uint)Math.Min(section.FileSize, size);
        if (stored > 0 && offset + (ulong)stored > fileLength)
        {
            throw new InputException(
                input,
                $"section {section.Name}",
                section.FileOffset,
                $"ends at 0x{offset + (ulong)stored:x}, but the file ends at 0x{fileLength:x}: the file is cut off");
        }

        return new Range(section.Rva, size, offset, stored);
    }

    private bool TryFind(uint rva, out Range range)
    {
        foreach (ref readonly var candidate in _ranges.AsSpan())
        {
            if (rva >= candidate.Rva && rva - candidate.Rva < candidate.Size)
            {
                range = candidate;
                return true;
            }
        }

        range = default;
        return false;
    }

    /// <summary>A run of the image: where it is mapped, how long, where its data is in the file, and how much data there is.</summary>
    private readonly record struct Range(uint Rva, ulong Size, uint Offset, uint Stored);
}
