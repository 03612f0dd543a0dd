using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Memory as numbers of one size, sixteen bytes a line.</summary>
/// <param name="bytes">What was read.</param>
/// <param name="format">The size of a number.</param>
/// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
public sealed class MemoryDump(MemoryBytes bytes, MemoryFormat format, int pointerSize) : ICommandResult
{
    private const int BytesPerLine = 16;

    private int UnitSize => (int)format;

    /// <summary>How many numbers there are.</summary>
    public int Count => bytes.Length / UnitSize;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<MemoryRow>(
        [.. Enumerable.Range(0, Count).Select(index => new MemoryRow(AddressAt(index), TryGetValue(index, out var value) ? value : null, UnitSize * 2))]);

    /// <summary>The number at <paramref name="index"/>; false if it could not be read.</summary>
    public bool TryGetValue(int index, out ulong value) => bytes.TryGet(index * UnitSize, UnitSize, out value);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        for (var line = 0; line < bytes.Length && !cancellation.IsCancellationRequested; line += BytesPerLine)
        {
            writer.Write(Hexadecimal.Address((bytes.Start + (ulong)line).Value, pointerSize));
            writer.Write("  ");
            var length = Math.Min(BytesPerLine, bytes.Length - line);
            if (format == MemoryFormat.Bytes)
            {
                WriteByteLine(writer, line, length);
            }
            else
            {
                WriteNumberLine(writer, line, length);
            }
        }
    }

    private VirtualAddress AddressAt(int index) => bytes.Start + (ulong)(index * UnitSize);

    private void WriteNumberLine(TextWriter writer, int line, int length)
    {
        for (var offset = 0; offset < length; offset += UnitSize)
        {
            if (offset > 0)
            {
                writer.Write(' ');
            }

            var readable = bytes.TryGet(line + offset, UnitSize, out var value);
            writer.Write((format, readable) switch
            {
                (MemoryFormat.QuadWords, true) => Hexadecimal.Wide(value),
                (MemoryFormat.QuadWords, false) => "????????`????????",
                (_, true) => value.ToString("x" + (UnitSize * 2).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
                _ => new string('?', UnitSize * 2),
            });
        }

        writer.Write('\n');
    }

    private void WriteByteLine(TextWriter writer, int line, int length)
    {
        Span<char> characters = stackalloc char[BytesPerLine];
        for (var i = 0; i < BytesPerLine; i++)
        {
            ulong value = 0;
            var readable = i < length && bytes.TryGet(line + i, 1, out value);
            writer.Write(i >= length ? "  " : readable ? value.ToString("x2", CultureInfo.InvariantCulture) : "??");
            characters[i] = readable ? MemoryBytes.Printable((byte)value) : '?';
            writer.Write(i == BytesPerLine - 1 ? "  " : i == 7 && length > 8 ? "-" : " ");
        }

        writer.Write(characters[..length]);
        writer.Write('\n');
    }
}
