using System.Text;

namespace NtScope.Debugging.Commands;

/// <summary><c>.help</c>: the commands, or one of them.</summary>
public sealed class HelpCommand : IDebuggerCommand
{
    private const int UsageColumn = 18;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".help", ".hh"];

    /// <inheritdoc/>
    public string Usage => ".help [command]";

    /// <inheritdoc/>
    public string Help => "Lists all commands, or tells how one is written and what it does.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        if (!arguments.AtEnd)
        {
            var command = session.Commands.Find(arguments.TakeWord(), out _);
            return new TextResult($"{command.Usage}\n{command.Help}\n");
        }

        var text = new StringBuilder();
        foreach (var command in session.Commands.All.OrderBy(command => command.Names[0].TrimStart('.', '!'), StringComparer.Ordinal))
        {
            text.Append(string.Join(' ', command.Names).PadRight(UsageColumn)).Append(' ').Append(command.Usage).Append('\n');
        }

        return new TextResult(text.Append("Commands are separated by ; and numbers are hexadecimal. .help NAME tells more of one.\n").ToString());
    }
}
