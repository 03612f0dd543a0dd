namespace NtScope.Lab.Executive.Rtl;

/// <summary>Matching of file names against expressions with <c>*</c> and <c>?</c>, and their DOS forms <c>&lt; &gt; "</c>.</summary>
internal static class WildcardMatch
{
    /// <summary>Whether a name matches. Takes at most expression length times name length steps.</summary>
    public static bool IsMatch(string expression, string name, bool ignoreCase)
    {
        var (e, n, star, mark) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (e < expression.Length && expression[e] is '*' or '<')
            {
                star = e++;
                mark = n;
            }
            else if (e < expression.Length && Matches(expression[e], name[n], ignoreCase))
            {
                e++;
                n++;
            }
            else if (star >= 0)
            {
                e = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (e < expression.Length && expression[e] is '*' or '<' or '>' or '"')
        {
            e++;
        }

        return e == expression.Length;
    }

    private static bool Matches(char pattern, char character, bool ignoreCase) => pattern switch
    {
        '?' or '>' => true,
        '"' => character == '.',
        _ => pattern == character || (ignoreCase && char.ToUpperInvariant(pattern) == char.ToUpperInvariant(character)),
    };
}
