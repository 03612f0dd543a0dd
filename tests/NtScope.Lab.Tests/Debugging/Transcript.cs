namespace NtScope.Lab.Tests.Debugging;

/// <summary>Reads the commands of a debugger and what came of them out of an article.</summary>
internal static class Transcript
{
    private static readonly string[] Prompts = ["0:000> ", "lkd> ", "kd> "];

    /// <summary>The commands between two sentences, each with its prompt and the lines up to the next blank one.</summary>
    public static IEnumerable<(string Prompt, string Command, IReadOnlyList<string> Lines)> Read(string text, string from, string to)
    {
        var start = text.IndexOf(from, StringComparison.Ordinal);
        var lines = text[start..text.IndexOf(to, start, StringComparison.Ordinal)].ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (Prompts.FirstOrDefault(prompt => lines[i].StartsWith(prompt, StringComparison.Ordinal)) is { } prompt)
            {
                yield return (prompt, lines[i][prompt.Length..], [.. lines.Skip(i + 1).TakeWhile(line => line.Length > 0)]);
            }
        }
    }
}
