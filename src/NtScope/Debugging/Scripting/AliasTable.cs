using System.Text;

namespace NtScope.Debugging.Scripting;

/// <summary>
/// The user's aliases. One is put in where its name stands alone between blanks, or as <c>${name}</c> anywhere;
/// <c>${/d:name}</c> tells whether it is defined, <c>${/f:name}</c> is empty if it is not, <c>${/n:name}</c> and <c>${/v:name}</c> are the
/// name itself.
/// </summary>
public sealed class AliasTable
{
    private static readonly string[] AliasCommands = ["as", "aS", "ad", "al"];
    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Names and values, by name.</summary>
    public IReadOnlyDictionary<string, string> All => _values;

    /// <summary>Defines an alias, or gives one another value.</summary>
    public void Set(string name, string value) => _values[name] = value;

    /// <summary>Forgets an alias; false if there is none of this name.</summary>
    public bool Remove(string name) => _values.Remove(name);

    /// <summary>Forgets all.</summary>
    public void Clear() => _values.Clear();

    /// <summary>The statement with the values of aliases put in. Commands about aliases keep the names they name.</summary>
    public string Expand(string statement)
    {
        var word = statement.AsSpan();
        var end = word.IndexOfAny(" \t");
        word = end < 0 ? word : word[..end];
        foreach (var command in AliasCommands)
        {
            if (word.SequenceEqual(command))
            {
                return statement;
            }
        }

        return ExpandBraced(_values.Count == 0 ? statement : ExpandWords(statement));
    }

    private string ExpandWords(string statement)
    {
        var result = new StringBuilder(statement.Length);
        for (var position = 0; position < statement.Length;)
        {
            var end = position;
            if (statement.AsSpan(position).StartsWith("${") && statement.IndexOf('}', position) is >= 0 and var close)
            {
                result.Append(statement, position, close + 1 - position);
                position = close + 1;
                continue;
            }

            while (end < statement.Length && !IsBoundary(statement[end]))
            {
                end++;
            }

            var word = statement[position..end];
            result.Append(_values.GetValueOrDefault(word, word));
            position = end;
            while (position < statement.Length && IsBoundary(statement[position]))
            {
                result.Append(statement[position++]);
            }
        }

        return result.ToString();
    }

    private string ExpandBraced(string statement)
    {
        var open = statement.IndexOf("${", StringComparison.Ordinal);
        if (open < 0)
        {
            return statement;
        }

        var result = new StringBuilder();
        var position = 0;
        for (; open >= 0; open = statement.IndexOf("${", position, StringComparison.Ordinal))
        {
            var close = statement.IndexOf('}', open);
            if (close < 0)
            {
                break;
            }

            result.Append(statement, position, open - position).Append(Value(statement[(open + 2)..close]) ?? statement[open..(close + 1)]);
            position = close + 1;
        }

        return result.Append(statement, position, statement.Length - position).ToString();
    }

    private string? Value(string reference)
    {
        var name = reference.Length > 3 && reference[0] == '/' && reference[2] == ':' ? reference[3..] : reference;
        var defined = _values.TryGetValue(name, out var value);
        return name == reference ? value : char.ToLowerInvariant(reference[1]) switch
        {
            'd' => defined ? "1" : "0",
            'f' => value ?? string.Empty,
            'n' => defined ? name : null,
            'v' => name,
            _ => null,
        };
    }

    private static bool IsBoundary(char character) => char.IsWhiteSpace(character) || character is ';' or '{' or '}' or '"';
}
