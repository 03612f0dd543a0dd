namespace NtScope.Debugging.Scripting;

/// <summary>Runs lines of commands: splits them, puts in aliases, and follows loops and conditions. An error ends the line it is in.</summary>
/// <param name="session">The session whose commands run.</param>
public sealed class ScriptRunner(DebuggerSession session)
{
    private int _depth;

    /// <summary>The session.</summary>
    public DebuggerSession Session { get; } = session;

    /// <summary>Set by <c>.break</c> and <c>.continue</c> until the innermost loop takes it.</summary>
    public ScriptFlow Flow { get; set; }

    /// <summary>How many loops are around the command that runs.</summary>
    public int Loops { get; private set; }

    /// <summary>Runs the commands of <paramref name="text"/> one after the other and hands out the result of each as it comes.</summary>
    /// <param name="text">Commands, separated by <c>;</c> or line ends outside quotes and braces.</param>
    /// <param name="cancellation">Stops between commands and inside long ones.</param>
    /// <exception cref="DebuggerException">A command cannot be carried out; those behind it do not run.</exception>
    public IEnumerable<ICommandResult> Run(string text, CancellationToken cancellation)
    {
        if (++_depth > Limits.ScriptDepth)
        {
            throw new DebuggerException($"Scripts are nested more than {Limits.ScriptDepth} deep");
        }

        var reader = new StatementReader(text);
        while (Flow == ScriptFlow.Next && reader.TryRead(out var statement))
        {
            cancellation.ThrowIfCancellationRequested();
            statement = Session.Aliases.Expand(statement);
            if (statement.Length == 0)
            {
                continue;
            }

            if (Session.Commands.Find(statement, out var name) is not IBlockCommand block)
            {
                yield return Session.Execute(statement, cancellation);
                continue;
            }

            foreach (var result in block.Run(this, new CommandArguments(Session, statement, name), cancellation))
            {
                yield return result;
            }
        }

        _depth--;
    }

    /// <summary>Runs the body of a loop once; false if the loop ends by <c>.break</c>. Takes what the body asked for.</summary>
    internal IEnumerable<ICommandResult> RunTurn(string body, Action onBreak, CancellationToken cancellation)
    {
        Loops++;
        try
        {
            foreach (var result in Run(body, cancellation))
            {
                yield return result;
            }
        }
        finally
        {
            Loops--;
        }

        if (Flow == ScriptFlow.Break)
        {
            onBreak();
        }

        Flow = ScriptFlow.Next;
    }
}
