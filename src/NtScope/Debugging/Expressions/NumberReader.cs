namespace NtScope.Debugging.Expressions;

/// <summary>Numbers as the MASM evaluator reads them: a radix by prefix (<c>0x 0n 0t 0y</c>) or <c>h</c> behind; backticks do not count.</summary>
internal static class NumberReader
{
    /// <summary>Reads <paramref name="text"/> as a whole; false if it is no number in this radix.</summary>
    /// <param name="text">The characters, with prefix, without sign.</param>
    /// <param name="defaultRadix">The radix of a number without a prefix.</param>
    /// <param name="value">The number.</param>
    /// <param name="overflow">Whether it needs more than 64 bits. Hexadecimal numbers never do: the engine keeps their low half.</param>
    public static bool TryRead(ReadOnlySpan<char> text, int defaultRadix, out ulong value, out bool overflow)
    {
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

        value = 0;
        overflow = false;
        UInt128 number = 0;
        var digits = 0;
        foreach (var character in text)
        {
            if (character == '`')
            {
                continue;
            }

            var digit = char.IsAsciiHexDigit(character) ? HexDigit(character) : int.MaxValue;
            if (digit >= radix)
            {
                return false;
            }

            digits++;
            number = (number * (uint)radix) + (uint)digit;
            overflow |= number > ulong.MaxValue && radix != 16;
            number = (ulong)number;
        }

        value = (ulong)number;
        return digits > 0;
    }

    private static int HexDigit(char character) => char.IsAsciiDigit(character) ? character - '0' : (character | 0x20) - 'a' + 10;
}
