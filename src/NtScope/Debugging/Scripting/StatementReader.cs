using System.Diagnostics.CodeAnalysis;

namespace NtScope.Debugging.Scripting;

/// <summary>
/// Cuts text into commands: at <c>;</c> and line ends that stand outside quotes and braces. <c>*</c> makes the rest of a line a comment,
/// <c>$$</c> the text up to the next <c>;</c>. A line end does not part a block command from its block or its <c>.else</c>.
/// </summary>
/// <param name="text">The text.</param>
internal sealed class StatementReader(string text)
{
    private static readonly string[] BlockWords = [".if", ".for", ".foreach", ".while", ".do", ".block"];
    private int _position;

    /// <summary>The next command without blanks around it; false at the end.</summary>
    public bool TryRead([NotNullWhen(true)] out string? statement)
    {
        while (SkipBlanksAndComments())
        {
            var start = _position;
            var isBlock = Array.Exists(BlockWords, IsWord);
            var takesLine = IsWord("as", matchCase: true);
            FindEnd(isBlock, takesLine);
            statement = text[start.._position].Trim();
            if (statement.Length > 0)
            {
                return true;
            }
        }

        statement = null;
        return false;
    }

    private bool SkipBlanksAndComments()
    {
        while (_position < text.Length)
        {
            var isComment = text[_position] == '*';
            if (isComment || (text.AsSpan(_position).StartsWith("$$") && !text.AsSpan(_position).StartsWith("$$>")))
            {
                var end = text.AsSpan(_position).IndexOfAny(isComment ? "\n" : ";\n");
                _position = end < 0 ? text.Length : _position + end;
            }
            else if (char.IsWhiteSpace(text[_position]) || text[_position] == ';')
            {
                _position++;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private void FindEnd(bool isBlock, bool takesLine)
    {
        var (braces, parentheses, quoted) = (0, 0, false);
        for (; _position < text.Length; _position++)
        {
            var character = text[_position];
            if (character == '"') quoted = !quoted;
            if (quoted && character != '\n') continue;
            braces += character switch { '{' => 1, '}' when braces > 0 => -1, _ => 0 };
            parentheses += isBlock ? character switch { '(' => 1, ')' when parentheses > 0 => -1, _ => 0 } : 0;
            if (braces > 0 || parentheses > 0) continue;
            if (character == ';' && !takesLine) return;
            if (character == '\n' && !(isBlock && BlockGoesOn())) return;
            quoted = false;
        }
    }

    private bool BlockGoesOn()
    {
        var rest = text.AsSpan(_position).TrimStart();
        return rest.Length > 0 && (rest[0] is '{' or '(' || rest.StartsWith(".else", StringComparison.OrdinalIgnoreCase) || rest.StartsWith(".elsif", StringComparison.OrdinalIgnoreCase));
    }

    private bool IsWord(string word) => IsWord(word, matchCase: false);

    private bool IsWord(string word, bool matchCase)
    {
        var rest = text.AsSpan(_position);
        return rest.StartsWith(word, matchCase ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase)
            && (rest.Length == word.Length || !char.IsAsciiLetterOrDigit(rest[word.Length]));
    }
}
