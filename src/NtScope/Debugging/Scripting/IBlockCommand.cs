namespace NtScope.Debugging.Scripting;

/// <summary>A command that runs other commands: loops, conditions, scripts. Its results are those of the commands, as they come.</summary>
public interface IBlockCommand : IDebuggerCommand
{
    /// <summary>Runs it.</summary>
    /// <param name="runner">Runs the commands inside.</param>
    /// <param name="arguments">The line, positioned behind the command's word.</param>
    /// <param name="cancellation">Stops long work.</param>
    /// <exception cref="DebuggerException">It cannot be carried out; the message is for the user.</exception>
    IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation);

    /// <inheritdoc/>
    ICommandResult IDebuggerCommand.Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var text = new StringWriter();
        foreach (var result in Run(new ScriptRunner(session), arguments, cancellation))
        {
            result.Write(text, cancellation);
        }

        return new TextResult(text.ToString());
    }
}
