using System.Text;

namespace NtScope.Debugging.Scripting;

/// <summary>Files of commands and the words of their arguments.</summary>
internal static class ScriptFile
{
    /// <summary>The text of a file.</summary>
    /// <exception cref="DebuggerException">It cannot be read, or is too long for a script.</exception>
    public static string Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > Limits.ScriptBytes })
            {
                throw new DebuggerException($"{path} has more than {Limits.ScriptBytes >> 20} MB, which is too long for a script");
            }

            return File.ReadAllText(path).ReplaceLineEndings("\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DebuggerException($"Command file execution failed, {failure.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Words between blanks; quotes keep blanks in one.</summary>
    public static List<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quoted, any) = (false, false);
        foreach (var character in text)
        {
            if (character == '"')
            {
                (quoted, any) = (!quoted, true);
            }
            else if (char.IsWhiteSpace(character) && !quoted)
            {
                if (any) words.Add(word.ToString());
                word.Clear();
                any = false;
            }
            else
            {
                word.Append(character);
                any = true;
            }
        }

        if (any) words.Add(word.ToString());
        return words;
    }
}
