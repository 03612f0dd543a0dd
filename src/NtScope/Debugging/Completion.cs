namespace NtScope.Debugging;

/// <summary>How the word at the end of a line may go on: commands, modules, symbols, types.</summary>
/// <param name="Start">Where the word starts in the line.</param>
/// <param name="Candidates">The words it may become, ascending.</param>
public sealed record Completion(int Start, IReadOnlyList<string> Candidates)
{
    private const int MostCandidates = 2000;

    /// <summary>What all candidates start with, compared without case; empty without candidates.</summary>
    public string CommonPrefix
    {
        get
        {
            if (Candidates.Count == 0) return string.Empty;
            var prefix = Candidates[0];
            foreach (var candidate in Candidates)
            {
                var length = 0;
                while (length < prefix.Length && length < candidate.Length && char.ToUpperInvariant(prefix[length]) == char.ToUpperInvariant(candidate[length])) length++;
                prefix = prefix[..length];
            }

            return prefix;
        }
    }

    /// <summary>The completions of what stands left of the cursor.</summary>
    public static Completion Of(DebuggerSession session, string line)
    {
        var statement = line.LastIndexOf(';') + 1;
        while (statement < line.Length && line[statement] == ' ') statement++;
        var start = line.LastIndexOfAny([' ', '(', '+', '-', '*', '/', ';']) + 1;
        var word = line[start..];
        var command = line[statement..].Split(' ', 2)[0];
        var candidates = start <= statement ? Commands(session, word)
            : command is ".help" ? Commands(session, word)
            : command is "dt" ? Types(session, word)
            : word.Contains('!', StringComparison.Ordinal) ? Symbols(session, word)
            : session.Modules.Select(module => module.Name + "!").Where(name => StartsWith(name, word));
        return new Completion(start, [.. candidates.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MostCandidates)]);
    }

    private static IEnumerable<string> Commands(DebuggerSession session, string word) =>
        session.Commands.All.SelectMany(command => command.Names).Where(name => StartsWith(name, word));

    private static IEnumerable<string> Types(DebuggerSession session, string word)
    {
        var bang = word.IndexOf('!', StringComparison.Ordinal) + 1;
        return session.Types.Match(word + "*").Select(name => word[..bang] + name);
    }

    private static IEnumerable<string> Symbols(DebuggerSession session, string word)
    {
        var bang = word.IndexOf('!', StringComparison.Ordinal);
        return session.Symbols.Match(word[..bang], word[(bang + 1)..] + "*").Select(place => $"{place.Module.Name}!{place.Name}");
    }

    private static bool StartsWith(string name, string word) => name.StartsWith(word, StringComparison.OrdinalIgnoreCase);
}
