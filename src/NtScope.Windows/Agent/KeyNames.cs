namespace NtScope.Windows.Agent;

/// <summary>Reads keys such as <c>Ctrl+Alt+F5</c>.</summary>
internal static class KeyNames
{
    // winuser.h: MOD_ALT, MOD_CONTROL, MOD_SHIFT, MOD_WIN; VK_ codes.
    private static readonly Dictionary<string, uint> Modifiers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Alt"] = 1, ["Ctrl"] = 2, ["Control"] = 2, ["Shift"] = 4, ["Win"] = 8,
    };

    private static readonly Dictionary<string, uint> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Left"] = 0x25, ["Up"] = 0x26, ["Right"] = 0x27, ["Down"] = 0x28, ["PageUp"] = 0x21, ["PageDown"] = 0x22, ["End"] = 0x23, ["Home"] = 0x24,
        ["Insert"] = 0x2d, ["Delete"] = 0x2e, ["Space"] = 0x20, ["Tab"] = 0x09, ["Enter"] = 0x0d, ["Escape"] = 0x1b, ["Pause"] = 0x13,
    };

    /// <summary>Reads a key; at least one modifier is needed, since a hotkey without one would take the key from every program.</summary>
    public static bool TryParse(string text, out uint modifiers, out uint virtualKey, out string problem)
    {
        modifiers = 0;
        virtualKey = 0;
        problem = "";
        var parts = text.Split('+', StringSplitOptions.TrimEntries);
        foreach (var part in parts[..^1])
        {
            if (!Modifiers.TryGetValue(part, out var modifier))
            {
                problem = $"{part} is no modifier (Alt, Ctrl, Shift, Win)";
                return false;
            }

            modifiers |= modifier;
        }

        var key = parts[^1];
        if (key.Length == 1 && char.IsAsciiLetterOrDigit(key[0]))
        {
            virtualKey = char.ToUpperInvariant(key[0]);
        }
        else if (key.Length is 2 or 3 && key[0] is 'F' or 'f' && uint.TryParse(key.AsSpan(1), out var number) && number is >= 1 and <= 24)
        {
            virtualKey = 0x6f + number;
        }
        else if (Keys.TryGetValue(key, out var named))
        {
            virtualKey = named;
        }
        else
        {
            problem = $"{key} is no key (A to Z, 0 to 9, F1 to F24, {string.Join(", ", Keys.Keys)})";
            return false;
        }

        problem = modifiers == 0 ? "a hotkey needs Alt, Ctrl, Shift or Win" : "";
        return modifiers != 0;
    }
}
