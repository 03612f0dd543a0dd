namespace NtScope.Debugging.Scripting;

/// <summary>Reads the conditions and blocks of block commands.</summary>
internal static class BlockArguments
{
    /// <summary>The text between the braces that come next, without them.</summary>
    public static string TakeBlock(this CommandArguments arguments) =>
        TakeEnclosed(arguments, '{', '}') ?? throw arguments.CaretError("Syntax error");

    /// <summary>The text between the parentheses that come next, without them; or all text up to the next brace.</summary>
    public static string TakeCondition(this CommandArguments arguments)
    {
        if (arguments.AtEnd)
        {
            throw new DebuggerException("Numeric expression missing from '<EOL>'");
        }

        var start = arguments.Position;
        var brace = arguments.Line.IndexOf('{', start);
        if (arguments.Line[start] == '(' && TakeEnclosed(arguments, '(', ')') is { } enclosed)
        {
            // "(a) == (b) {": the parentheses were only part of the condition.
            if (brace < 0 || arguments.Line[arguments.Position..Math.Max(arguments.Position, brace)].Trim().Length == 0)
            {
                return enclosed;
            }
        }

        if (brace < 0)
        {
            throw arguments.CaretError("Syntax error");
        }

        arguments.Position = brace;
        return arguments.Line[start..brace];
    }

    /// <summary>The text between the parentheses that come next, without them.</summary>
    public static string TakeParentheses(this CommandArguments arguments) =>
        TakeEnclosed(arguments, '(', ')') ?? throw arguments.CaretError("Syntax error");

    /// <summary>Takes <paramref name="word"/> if it comes next.</summary>
    public static bool TakeKeyword(this CommandArguments arguments, string word)
    {
        if (arguments.AtEnd || !arguments.Line.AsSpan(arguments.Position).StartsWith(word, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        arguments.Position += word.Length;
        return true;
    }

    private static string? TakeEnclosed(CommandArguments arguments, char open, char close)
    {
        if (!arguments.Take(open))
        {
            return null;
        }

        var (start, depth, quoted) = (arguments.Position, 1, false);
        for (; arguments.Position < arguments.Line.Length; arguments.Position++)
        {
            var character = arguments.Line[arguments.Position];
            quoted ^= character == '"';
            depth += quoted ? 0 : character == open ? 1 : character == close ? -1 : 0;
            if (depth == 0)
            {
                return arguments.Line[start..arguments.Position++];
            }
        }

        throw arguments.CaretError("Syntax error");
    }
}
