using System.Text.RegularExpressions;

namespace NtScope.Cli.Tests;

/// <summary>What a terminal shows of what it was sent.</summary>
internal static partial class TerminalText
{
    /// <summary>The lines without their colours.</summary>
    public static string[] LinesOf(string sent) => Colour().Replace(sent, string.Empty).ReplaceLineEndings("\n").Split('\n');

    [GeneratedRegex(@"\x1b\[[0-9;]*m", RegexOptions.None, 10_000)]
    private static partial Regex Colour();
}
