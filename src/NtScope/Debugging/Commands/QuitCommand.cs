namespace NtScope.Debugging.Commands;

/// <summary><c>q</c>: ends the shell.</summary>
public sealed class QuitCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["q", "qq", "qd", ".exit"];

    /// <inheritdoc/>
    public string Usage => "q";

    /// <inheritdoc/>
    public string Help => "Ends the shell.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        session.HasEnded = true;
        return TextResult.None;
    }
}
