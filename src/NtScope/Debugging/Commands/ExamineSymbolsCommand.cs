namespace NtScope.Debugging.Commands;

/// <summary><c>x</c>: symbols by pattern.</summary>
public sealed class ExamineSymbolsCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["x"];

    /// <inheritdoc/>
    public string Usage => "x [/0|/1|/2|/q] [/a|/n] [/f|/d] [/t] module!pattern";

    /// <inheritdoc/>
    public string Help =>
        "Lists the symbols that match a pattern; * stands for any characters, ? for one, [abc] for one of several, in the module's name too. "
        + "/0 shows addresses alone, /1 names alone, /2 both; /n sorts by name, /f lists functions alone, /d data, /t adds types (public symbols have none).";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var (shape, byName, kind, isTyped) = (SymbolListingShape.Full, false, default(char), false);
        while (!arguments.AtEnd && arguments.Line[arguments.Position] == '/')
        {
            // What is not known changes nothing, as in the engine.
            var option = arguments.TakeWord();
            shape = option switch
            {
                "/0" => SymbolListingShape.Addresses,
                "/1" => SymbolListingShape.Names,
                "/2" => SymbolListingShape.AddressesAndNames,
                "/q" => SymbolListingShape.Quoted,
                "/a" or "/n" => SymbolListingShape.Sorted,
                _ => shape,
            };
            byName |= option == "/n";
            isTyped |= option == "/t";
            if (option is "/f" or "/d") kind = option[1];
        }

        if (arguments.AtEnd)
        {
            return TextResult.None;
        }

        var start = arguments.Position;
        var pattern = arguments.TakeRest();
        var bang = pattern.IndexOf('!', StringComparison.Ordinal);
        if (bang < 0)
        {
            return TextResult.None;
        }

        var modulePattern = pattern[..bang];
        if (!session.Modules.Any(module => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(modulePattern, module.Name)))
        {
            arguments.Position = start + bang + 1;
            throw arguments.CaretError("Couldn't resolve", preposition: null, shown: arguments.Line[..(start + bang)]);
        }

        var places = session.Symbols.Match(modulePattern, pattern[(bang + 1)..]).Where(place => kind == default || SymbolKind.IsFunction(place) == (kind == 'f'));
        return new SymbolListing([.. byName ? places.OrderBy(place => place.Name, StringComparer.OrdinalIgnoreCase) : places], session.PointerSize, shape) { IsTyped = isTyped };
    }
}
