using System.Globalization;
using System.Text;
using NtScope.Debugging.Expressions;

namespace NtScope.Debugging.Commands;

/// <summary><c>.printf</c>: formatted text.</summary>
public sealed class PrintFormattedCommand : IDebuggerCommand
{
    private const int LongestWidth = 1024;
    private const int LongestText = 1 << 14;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".printf"];

    /// <inheritdoc/>
    public string Usage => ".printf \"format\", arguments";

    /// <inheritdoc/>
    public string Help =>
        "Writes formatted text: %d %i %u %x %X %o %c, %I64x, %p and %N (pointers), %y (symbol), %ma %mu (text at an address), "
        + "%msa %msu (counted strings); widths and - and 0 as in C; \\n \\t \\\" \\\\.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        while (arguments.TakeOption() is { } option)
        {
            // Markup for windows that show links; text alone is written here.
            if (!option.Equals("/D", StringComparison.OrdinalIgnoreCase)) throw new DebuggerException($"Unknown option '{option}'");
        }

        if (!arguments.Take('"'))
        {
            throw arguments.CaretError("Quotes required");
        }

        var format = TakeQuoted(arguments);
        var text = new StringBuilder();
        for (var i = 0; i < format.Length;)
        {
            if (format[i] != '%')
            {
                text.Append(format[i++]);
            }
            else if (i + 1 < format.Length && format[i + 1] == '%')
            {
                text.Append('%');
                i += 2;
            }
            else
            {
                i = AppendField(session, arguments, format, i + 1, text);
            }
        }

        return new TextResult(text.ToString());
    }

    private static string TakeQuoted(CommandArguments arguments)
    {
        var text = new StringBuilder();
        while (arguments.Position < arguments.Line.Length)
        {
            var character = arguments.Line[arguments.Position++];
            if (character == '"')
            {
                return text.ToString();
            }

            if (character == '\\' && arguments.Position < arguments.Line.Length)
            {
                character = arguments.Line[arguments.Position++] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other };
            }

            text.Append(character);
        }

        throw arguments.CaretError("Trailing quote missing");
    }

    private static int AppendField(DebuggerSession session, CommandArguments arguments, string format, int index, StringBuilder text)
    {
        var (left, zero) = (false, false);
        for (; index < format.Length && format[index] is '-' or '0' or '#' or '+' or ' '; index++)
        {
            left |= format[index] == '-';
            zero |= format[index] == '0';
        }

        var width = TakeNumber(format, ref index) ?? 0;
        int? precision = null;
        if (index < format.Length && format[index] == '.')
        {
            index++;
            precision = TakeNumber(format, ref index) ?? 0;
        }

        var wide = format.AsSpan(index).StartsWith("I64", StringComparison.Ordinal) ? 3 : format.AsSpan(index).StartsWith("ll", StringComparison.Ordinal) ? 2 : 0;
        index += wide;
        while (index < format.Length && format[index] is 'l' or 'h' or 'w')
        {
            index++;
        }

        var type = TakeType(format, ref index);
        if (!arguments.Take(','))
        {
            throw arguments.CaretError("Comma expected");
        }

        var value = arguments.TakeExpression(ExpressionKind.Numeric);
        var field = Render(session, arguments, type, value, wide > 0, precision);
        var padding = zero && !left && type is not ("c" or "y" or "ma" or "mu" or "msa" or "msu") ? '0' : ' ';
        text.Append(left ? field.PadRight(width) : field.PadLeft(width, padding));
        return index;
    }

    private static int? TakeNumber(string format, ref int index)
    {
        var start = index;
        while (index < format.Length && char.IsAsciiDigit(format[index]))
        {
            index++;
        }

        return index == start ? null : int.TryParse(format.AsSpan(start..index), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, LongestWidth) : LongestWidth;
    }

    private static string TakeType(string format, ref int index)
    {
        var rest = format.AsSpan(index);
        foreach (var known in (ReadOnlySpan<string>)["msa", "msu", "ma", "mu"])
        {
            if (rest.StartsWith(known, StringComparison.Ordinal))
            {
                index += known.Length;
                return known;
            }
        }

        return rest.IsEmpty ? string.Empty : format[index++].ToString();
    }

    private static string Render(DebuggerSession session, CommandArguments arguments, string type, ulong value, bool wide, int? precision)
    {
        var narrow = wide ? value : (uint)value;
        return type switch
        {
            "d" or "i" => (wide ? unchecked((long)value) : unchecked((int)value)).ToString(CultureInfo.InvariantCulture),
            "u" => narrow.ToString(CultureInfo.InvariantCulture),
            "x" => narrow.ToString("x", CultureInfo.InvariantCulture),
            "X" => narrow.ToString("X", CultureInfo.InvariantCulture),
            "o" => Convert.ToString(unchecked((long)narrow), 8),
            "c" => ((char)(byte)value).ToString(),
            "p" => value.ToString(session.PointerSize == sizeof(uint) ? "x8" : "x16", CultureInfo.InvariantCulture),
            "N" => value.ToString(session.PointerSize == sizeof(uint) ? "X8" : "X16", CultureInfo.InvariantCulture),
            "y" => (session.Symbols.TryGetNearest(new VirtualAddress(value), out var place) ? place + " " : string.Empty) + $"({session.Format(new VirtualAddress(value))})",
            "ma" => ReadText(session, new VirtualAddress(value), 1, precision),
            "mu" => ReadText(session, new VirtualAddress(value), 2, precision),
            "msa" => ReadCounted(session, new VirtualAddress(value), 1),
            "msu" => ReadCounted(session, new VirtualAddress(value), 2),
            _ => throw arguments.CaretError("Unsupported format type"),
        };
    }

    private static string ReadText(DebuggerSession session, VirtualAddress address, int unit, int? count) =>
        MemoryText.Read(session.Memory, address, Math.Min(count ?? LongestText, LongestText), unit, session.PointerSize).Text;

    // ANSI_STRING and UNICODE_STRING: length and maximum length in bytes, then, aligned, the pointer.
    private static string ReadCounted(DebuggerSession session, VirtualAddress address, int unit) =>
        session.Memory.TryReadUInt16(address, out var length, out var fault) && session.Memory.TryReadPointer(address + (ulong)session.PointerSize, out var buffer, out fault)
            ? MemoryText.Read(session.Memory, buffer, length / unit, unit, session.PointerSize).Text
            : throw new DebuggerException($"Memory access error: {fault}");
}
