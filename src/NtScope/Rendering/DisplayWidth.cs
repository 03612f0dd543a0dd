using System.Globalization;
using System.Text;

namespace NtScope.Rendering;

/// <summary>How many columns of a terminal a text takes: East Asian wide characters take two, combining marks none.</summary>
public static class DisplayWidth
{
    // The blocks that Unicode's East Asian Width property marks W or F, joined where they lie side by side.
    private static readonly (int First, int Last)[] WideBlocks =
    [
        (0x1100, 0x115f), (0x231a, 0x231b), (0x2329, 0x232a), (0x23e9, 0x23ec), (0x25fd, 0x25fe), (0x2614, 0x2615), (0x2648, 0x2653),
        (0x2e80, 0x303e), (0x3041, 0x33ff), (0x3400, 0x4dbf), (0x4e00, 0xa4cf), (0xa960, 0xa97f), (0xac00, 0xd7a3), (0xf900, 0xfaff),
        (0xfe30, 0xfe6f), (0xff01, 0xff60), (0xffe0, 0xffe6), (0x16fe0, 0x18cff), (0x1b000, 0x1b2ff), (0x1f300, 0x1f64f),
        (0x1f680, 0x1f6ff), (0x1f900, 0x1f9ff), (0x20000, 0x3fffd),
    ];

    /// <summary>The columns that <paramref name="text"/> takes.</summary>
    public static int Of(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.Length;
        }

        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Of(rune);
        }

        return width;
    }

    /// <summary>The text cut to <paramref name="width"/> columns, with an ellipsis at its end if something was cut.</summary>
    public static string Cut(string text, int width)
    {
        if (Of(text) <= width)
        {
            return text;
        }

        var kept = 0;
        var taken = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (taken + Of(rune) > width - 1)
            {
                break;
            }

            taken += Of(rune);
            kept += rune.Utf16SequenceLength;
        }

        return text[..kept] + '…';
    }

    private static int Of(Rune rune)
    {
        if (rune.IsAscii)
        {
            return 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
        {
            return 0;
        }

        foreach (var (first, last) in WideBlocks)
        {
            if (rune.Value < first)
            {
                return 1;
            }

            if (rune.Value <= last)
            {
                return 2;
            }
        }

        return 1;
    }
}
