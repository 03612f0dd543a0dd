using System.IO.Enumeration;

namespace NtScope.Rendering;

/// <summary>A pattern with <c>*</c> and <c>?</c>, compared without case. A pattern with neither matches anywhere in a text.</summary>
public sealed class WildcardPattern
{
    private readonly string _expression;

    /// <summary>A pattern as the user wrote it.</summary>
    public WildcardPattern(string pattern)
    {
        // The matcher takes a backslash as its escape; here it is a character of paths.
        var literal = pattern.Replace("\\", "\\\\", StringComparison.Ordinal);
        _expression = literal.AsSpan().ContainsAny('*', '?') ? literal : $"*{literal}*";
    }

    /// <summary>Whether the whole text matches.</summary>
    public bool Matches(ReadOnlySpan<char> text) => FileSystemName.MatchesSimpleExpression(_expression, text);
}
