using System.Text.RegularExpressions;

namespace NtScope.Cli.Tests;

/// <summary>What a terminal shows of what it was sent.</summary>
internal static partial class TerminalText
{
    /// <summary>The lines without their colours and without the modes that the runtime sets.</summary>
    public static string[] LinesOf(string sent) => Control().Replace(sent, string.Empty).ReplaceLineEndings("\n").Split('\n');

    [GeneratedRegex(@"\x1b(?:\[[?0-9;]*[A-Za-z]|[=>])", RegexOptions.None, 10_000)]
    private static partial Regex Control();
}
