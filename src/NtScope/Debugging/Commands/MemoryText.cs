namespace NtScope.Debugging.Commands;

/// <summary>Text in memory, thirty-two characters a line. Characters that a terminal cannot show are dots, unreadable ones question marks.</summary>
public sealed class MemoryText : ICommandResult
{
    private const int CharactersPerLine = 32;

    private readonly VirtualAddress _start;
    private readonly int _unit;
    private readonly int _pointerSize;

    private readonly int _columns;
    private readonly bool _endsByZero;

    private MemoryText(VirtualAddress start, string text, int unitsRead, int unit, int pointerSize, int columns)
    {
        _columns = columns;
        _endsByZero = unitsRead > text.Length;
        _start = start;
        Text = text;
        UnitsRead = unitsRead;
        _unit = unit;
        _pointerSize = pointerSize;
    }

    /// <summary>The text up to its zero, printable.</summary>
    public string Text { get; }

    /// <summary>How many characters were read, the zero included.</summary>
    public int UnitsRead { get; }

    /// <summary>Reads up to <paramref name="count"/> characters of <paramref name="unit"/> bytes.</summary>
    /// <param name="memory">Where it is read.</param>
    /// <param name="start">Where the first is.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="unit">The size of a character in bytes: 1 or 2.</param>
    /// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
    /// <param name="columns">How many stand on a line.</param>
    public static MemoryText Read(IMemory memory, VirtualAddress start, int count, int unit, int pointerSize, int columns = CharactersPerLine)
    {
        var bytes = MemoryBytes.Read(memory, start, count * unit);
        var text = new System.Text.StringBuilder();
        var read = 0;
        for (; read < count; read++)
        {
            if (!bytes.TryGet(read * unit, unit, out var value))
            {
                text.Append('?');
                continue;
            }

            if (value == 0)
            {
                read++;
                break;
            }

            text.Append(Printable((char)value, unit));
        }

        return new MemoryText(start, text.ToString(), read, unit, pointerSize, columns);
    }

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        // A text that fills its last line and ends by a zero has an empty line for the zero.
        for (var line = 0; (line < Text.Length || line == 0 || (line == Text.Length && _endsByZero)) && !cancellation.IsCancellationRequested; line += _columns)
        {
            writer.Write(Hexadecimal.Address((_start + (ulong)(line * _unit)).Value, _pointerSize));
            writer.Write("  \"");
            writer.Write(Text.AsSpan(line, Math.Min(_columns, Text.Length - line)));
            writer.Write("\"\n");
        }
    }

    private static char Printable(char character, int unit) =>
        unit == 1 ? MemoryBytes.Printable((byte)character) : char.IsControl(character) || char.IsSurrogate(character) || IsFormatting(character) ? '.' : character;

    private static bool IsFormatting(char character) =>
        char.GetUnicodeCategory(character) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.OtherNotAssigned
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator
            or System.Globalization.UnicodeCategory.PrivateUse;
}
