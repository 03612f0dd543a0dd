using System.Globalization;

namespace NtScope.Debugging.Expressions;

/// <summary>Numbers as the MASM evaluator writes them: a radix by prefix (<c>0x 0n 0t 0y</c>), backticks between halves.</summary>
internal static class NumberReader
{
    /// <summary>Reads <paramref name="text"/> as a whole; false if it is no number in this radix.</summary>
    /// <param name="text">The characters, with prefix, without sign.</param>
    /// <param name="defaultRadix">The radix of a number without a prefix.</param>
    /// <param name="value">The number.</param>
    /// <param name="overflow">Whether it is a number that needs more than 64 bits.</param>
    public static bool TryRead(ReadOnlySpan<char> text, int defaultRadix, out ulong value, out bool overflow)
    {
        value = 0;
        overflow = false;
        var radix = defaultRadix;
        if (text.Length > 2 && text[0] == '0')
        {
            var prefixed = char.ToLowerInvariant(text[1]) switch { 'x' => 16, 'n' => 10, 't' => 8, 'y' => 2, _ => 0 };
            if (prefixed != 0)
            {
                radix = prefixed;
                text = text[2..];
            }
        }
        else if (text.Length > 1 && text[^1] is 'h' or 'H')
        {
            radix = 16;
            text = text[..^1];
        }

        var tick = text.IndexOf('`');
        if (tick < 0)
        {
            return TryReadDigits(text, radix, out value, out overflow);
        }

        // What stands right of a backtick is the low half, however few digits it has: 1`0 is 1`00000000.
        if (radix != 16 || !TryReadDigits(text[..tick], radix, out var high, out _) || !TryReadDigits(text[(tick + 1)..], radix, out var low, out _))
        {
            return false;
        }

        overflow = high > uint.MaxValue || low > uint.MaxValue;
        value = (high << 32) | low;
        return true;
    }

    private static bool TryReadDigits(ReadOnlySpan<char> text, int radix, out ulong value, out bool overflow)
    {
        value = 0;
        overflow = false;
        if (text.IsEmpty)
        {
            return false;
        }

        UInt128 number = 0;
        foreach (var character in text)
        {
            var digit = char.IsAsciiHexDigit(character) ? byte.Parse([character], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : byte.MaxValue;
            if (digit >= radix)
            {
                return false;
            }

            number = (number * (uint)radix) + digit;
            if (number > ulong.MaxValue)
            {
                overflow = true;
                number = (ulong)number;
            }
        }

        value = (ulong)number;
        return true;
    }
}
