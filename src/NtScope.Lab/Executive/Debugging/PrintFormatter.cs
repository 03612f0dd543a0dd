using System.Globalization;
using System.Text;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Debugging;

/// <summary>
/// printf as the kernel has it: flags, width, precision, sizes (h, l, ll, I64, I32, I, w, z), d i u x X o p c C s S Z and %%. Kernel
/// formatting has no floating point.
/// </summary>
internal static class PrintFormatter
{
    private const int MaximumOutput = 0x10000;
    private const int MaximumWidth = 0x1000;

    /// <summary>Formats guest text.</summary>
    /// <param name="memory">Where strings are read.</param>
    /// <param name="format">The format.</param>
    /// <param name="arguments">Gives the next argument as 64 bits.</param>
    /// <param name="isWide">Whether the format is of the wide family: %s and %c are wide then.</param>
    public static string Format(GuestMemory memory, string format, Func<ulong> arguments, bool isWide = false)
    {
        var output = new StringBuilder();
        for (var i = 0; i < format.Length && output.Length < MaximumOutput; i++)
        {
            if (format[i] != '%')
            {
                output.Append(format[i]);
                continue;
            }

            i++;
            var item = Specification.Parse(format, ref i, arguments);
            if (i >= format.Length)
            {
                break;
            }

            Append(output, memory, item, format[i], arguments, isWide);
        }

        return output.ToString();
    }

    private static void Append(StringBuilder output, GuestMemory memory, Specification item, char conversion, Func<ulong> arguments, bool isWide)
    {
        switch (conversion)
        {
            case '%':
                output.Append('%');
                break;
            case 'd' or 'i':
                var signed = item.SignExtend(arguments());
                var magnitude = signed < 0 ? (ulong)-(signed + 1) + 1 : (ulong)signed;
                item.AppendNumber(output, magnitude.ToString(CultureInfo.InvariantCulture), signed < 0 ? "-" : item.Plus ? "+" : item.Space ? " " : string.Empty);
                break;
            case 'u':
                item.AppendNumber(output, item.Truncate(arguments()).ToString(CultureInfo.InvariantCulture), string.Empty);
                break;
            case 'x' or 'X':
                var number = item.Truncate(arguments());
                item.AppendNumber(output, number.ToString(conversion == 'x' ? "x" : "X", CultureInfo.InvariantCulture), item.Alternate && number != 0 ? "0" + conversion : string.Empty);
                break;
            case 'o':
                item.AppendNumber(output, Convert.ToString((long)item.Truncate(arguments()), 8), string.Empty);
                break;
            case 'p' or 'P':
                (item with { Precision = 16, Zero = false }).AppendNumber(output, arguments().ToString("X", CultureInfo.InvariantCulture), string.Empty);
                break;
            case 'c' or 'C':
                item.AppendText(output, ((char)(ushort)arguments()).ToString());
                break;
            case 's' or 'S':
                var wide = item.Size == 'w' || item.Size == 'l' || (item.Size != 'h' && (conversion == 'S') != isWide);
                item.AppendText(output, ReadText(memory, arguments(), wide, item.Precision));
                break;
            case 'Z':
                item.AppendText(output, ReadCounted(memory, arguments(), item.Size is 'w' or 'l' || isWide));
                break;
            default:
                output.Append(conversion);
                break;
        }
    }

    private static string ReadText(GuestMemory memory, ulong address, bool wide, int precision)
    {
        if (address == 0)
        {
            return "(null)";
        }

        var limit = precision < 0 ? GuestText.MaximumCharacters : Math.Min(precision, GuestText.MaximumCharacters);
        return wide ? memory.ReadString(address, limit) : memory.ReadAnsiString(address, limit);
    }

    private static string ReadCounted(GuestMemory memory, ulong address, bool wide)
    {
        if (address == 0 || memory.ReadUInt64(address + 8) == 0)
        {
            return "(null)";
        }

        return wide ? memory.ReadUnicodeString(address) : Encoding.Latin1.GetString(memory.Span(memory.ReadUInt64(address + 8), memory.ReadUInt16(address)));
    }

    private sealed record Specification
    {
        public bool Left { get; init; }

        public bool Zero { get; init; }

        public bool Plus { get; init; }

        public bool Space { get; init; }

        public bool Alternate { get; init; }

        public int Width { get; init; }

        public int Precision { get; init; } = -1;

        // One of: h, l, w, q (64 bits), b (8 bits), or a zero character.
        public char Size { get; init; }

        public static Specification Parse(string format, ref int i, Func<ulong> arguments)
        {
            var item = new Specification();
            for (; i < format.Length; i++)
            {
                var next = format[i] switch
                {
                    '-' => item with { Left = true },
                    '0' => item with { Zero = true },
                    '+' => item with { Plus = true },
                    ' ' => item with { Space = true },
                    '#' => item with { Alternate = true },
                    _ => null,
                };
                if (next is null)
                {
                    break;
                }

                item = next;
            }

            var width = ReadCount(format, ref i, arguments) ?? 0;
            item = width < 0 ? item with { Left = true, Width = -width } : item with { Width = width };
            if (i < format.Length && format[i] == '.')
            {
                i++;
                item = item with { Precision = ReadCount(format, ref i, arguments) ?? 0 };
            }

            return item with { Size = ReadSize(format, ref i) };
        }

        public long SignExtend(ulong value) => Size switch
        {
            'q' => (long)value,
            'h' => (short)value,
            'b' => (sbyte)value,
            _ => (int)value,
        };

        public ulong Truncate(ulong value) => Size switch
        {
            'q' => value,
            'h' => (ushort)value,
            'b' => (byte)value,
            _ => (uint)value,
        };

        public void AppendNumber(StringBuilder output, string digits, string sign)
        {
            if (Precision >= 0)
            {
                digits = digits.PadLeft(Math.Min(Precision, MaximumWidth), '0');
            }
            else if (Zero && !Left)
            {
                digits = digits.PadLeft(Math.Max(0, Math.Min(Width, MaximumWidth) - sign.Length), '0');
            }

            Pad(output, sign + digits);
        }

        public void AppendText(StringBuilder output, string text) =>
            Pad(output, Precision >= 0 && text.Length > Precision ? text[..Precision] : text);

        private void Pad(StringBuilder output, string text)
        {
            var width = Math.Min(Width, MaximumWidth);
            output.Append(Left ? text.PadRight(width) : text.PadLeft(width));
        }

        private static int? ReadCount(string format, ref int i, Func<ulong> arguments)
        {
            if (i < format.Length && format[i] == '*')
            {
                i++;
                return Math.Clamp((int)arguments(), -MaximumWidth, MaximumWidth);
            }

            var start = i;
            var count = 0;
            for (; i < format.Length && char.IsAsciiDigit(format[i]); i++)
            {
                count = Math.Min((count * 10) + (format[i] - '0'), MaximumWidth);
            }

            return i > start ? count : null;
        }

        private static char ReadSize(string format, ref int i)
        {
            var rest = format.AsSpan(Math.Min(i, format.Length));
            var (size, length) = rest switch
            {
                ['I', '6', '4', ..] => ('q', 3),
                ['I', '3', '2', ..] => ('l', 3),
                ['l', 'l', ..] => ('q', 2),
                ['h', 'h', ..] => ('b', 2),
                ['I', ..] or ['z', ..] or ['j', ..] or ['t', ..] => ('q', 1),
                ['l', ..] => ('l', 1),
                ['h', ..] => ('h', 1),
                ['w', ..] => ('w', 1),
                _ => ('\0', 0),
            };
            i += length;
            return size;
        }
    }
}
