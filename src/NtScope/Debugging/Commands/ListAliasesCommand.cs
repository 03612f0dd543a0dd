using System.Text;

namespace NtScope.Debugging.Commands;

/// <summary><c>al</c>: lists the aliases.</summary>
public sealed class ListAliasesCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["al"];

    /// <inheritdoc/>
    public string Usage => "al";

    /// <inheritdoc/>
    public string Help => "Lists the aliases with their values.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        arguments.RequireEnd();
        if (session.Aliases.All.Count == 0)
        {
            return new TextResult("No aliases\n");
        }

        var text = new StringBuilder("  Alias            Value  \n -------          ------- \n");
        foreach (var (name, value) in session.Aliases.All)
        {
            text.Append(' ').Append(name.PadRight(16)).Append(' ').Append(value).Append(" \n");
        }

        return new TextResult(text.ToString());
    }
}
