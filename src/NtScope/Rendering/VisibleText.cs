using System.Globalization;
using System.Text;

namespace NtScope.Rendering;

/// <summary>
/// Text from an untrusted input as it may be shown: whatever would steer a terminal, reorder a line or hide in it becomes a visible
/// escape such as <c>\x1b</c> or <c>\u202e</c>.
/// </summary>
public static class VisibleText
{
    /// <summary>The text with every character that is not safe to show escaped; the same instance if there is none.</summary>
    public static string Of(string text)
    {
        var clean = CleanPrefix(text);
        if (clean == text.Length)
        {
            return text;
        }

        var shown = new StringBuilder(text, 0, clean, text.Length + 16);
        for (var i = clean; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                Append(shown, rune);
                i += rune.Utf16SequenceLength;
            }
            else
            {
                AppendEscape(shown, text[i]);
                i++;
            }
        }

        return shown.ToString();
    }

    /// <summary>Whether a character must be escaped: controls, line and paragraph separators, invisible formatting and bidirectional marks, private and unassigned characters.</summary>
    public static bool IsUnsafe(Rune rune)
    {
        if (rune.IsAscii)
        {
            return rune.Value is < 0x20 or 0x7f;
        }

        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator;
    }

    private static int CleanPrefix(string text)
    {
        var i = 0;
        while (i < text.Length && text[i] is >= ' ' and < '\x7f')
        {
            i++;
        }

        return i;
    }

    private static void Append(StringBuilder shown, Rune rune)
    {
        if (!IsUnsafe(rune))
        {
            shown.Append(rune.ToString());
        }
        else
        {
            AppendEscape(shown, rune.Value);
        }
    }

    private static void AppendEscape(StringBuilder shown, int value) => shown.Append(value switch
    {
        < 0x100 => string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
        < 0x10000 => string.Create(CultureInfo.InvariantCulture, $"\\u{value:x4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\U{value:x8}"),
    });
}
