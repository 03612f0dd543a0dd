namespace NtScope.Debugging.Commands;

/// <summary><c>ad</c>: forgets aliases.</summary>
public sealed class DeleteAliasCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["ad"];

    /// <inheritdoc/>
    public string Usage => "ad [/q] name  or  ad *";

    /// <inheritdoc/>
    public string Help => "Forgets one alias or all; /q does not complain of one that is not there.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var quiet = arguments.TakeOption() == "/q";
        var name = arguments.TakeWord();
        if (name == "*")
        {
            session.Aliases.Clear();
        }
        else if (!session.Aliases.Remove(name) && !quiet)
        {
            throw arguments.CaretError("No alias named " + name);
        }

        return TextResult.None;
    }
}
