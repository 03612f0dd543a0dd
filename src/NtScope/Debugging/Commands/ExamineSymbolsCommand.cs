namespace NtScope.Debugging.Commands;

/// <summary><c>x</c>: symbols by pattern.</summary>
public sealed class ExamineSymbolsCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["x"];

    /// <inheritdoc/>
    public string Usage => "x module!pattern";

    /// <inheritdoc/>
    public string Help => "Lists the symbols that match a pattern; * stands for any characters, ? for one, in the module's name too.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
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
        if (!session.Target.Modules.Any(module => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(modulePattern, module.Name)))
        {
            arguments.Position = start + bang + 1;
            throw new DebuggerException(arguments.CaretError("Couldn't resolve").Message.Replace($"'{arguments.Line}'", $"'{arguments.Line[..(start + bang)]}'", StringComparison.Ordinal)
                .Replace("resolve in", "resolve", StringComparison.Ordinal));
        }

        return new SymbolListing([.. session.Symbols.Match(modulePattern, pattern[(bang + 1)..])], session.PointerSize);
    }
}
