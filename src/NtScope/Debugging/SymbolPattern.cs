namespace NtScope.Debugging;

/// <summary>A symbol pattern as <c>x</c> takes it: <c>*</c> any characters, <c>?</c> one, <c>[abc]</c> one of several; case does not count.</summary>
/// <param name="pattern">The pattern.</param>
internal sealed class SymbolPattern(string pattern)
{
    /// <summary>Whether a name matches as a whole.</summary>
    public bool Matches(string name)
    {
        // One star at a time: when the rest does not match, the last star takes one more character.
        var (at, place, star, starPlace) = (0, 0, -1, 0);
        while (place < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, starPlace) = (at++, place);
            }
            else if (at < pattern.Length && MatchesOne(name[place], at, out var next))
            {
                (at, place) = (next, place + 1);
            }
            else if (star >= 0)
            {
                (at, place) = (star + 1, ++starPlace);
            }
            else
            {
                return false;
            }
        }

        while (at < pattern.Length && pattern[at] == '*') at++;
        return at == pattern.Length;
    }

    private static bool AreSame(char left, char right) => char.ToUpperInvariant(left) == char.ToUpperInvariant(right);

    private bool MatchesOne(char character, int at, out int next)
    {
        next = at + 1;
        if (pattern[at] == '?') return true;
        var close = pattern[at] == '[' ? pattern.IndexOf(']', at) : -1;
        if (close < 0) return AreSame(pattern[at], character);
        next = close + 1;
        foreach (var candidate in pattern.AsSpan((at + 1)..close))
        {
            if (AreSame(candidate, character)) return true;
        }

        return false;
    }
}
