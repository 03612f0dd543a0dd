namespace NtScope.Debugging;

/// <summary>A command of the debugger.</summary>
public interface IDebuggerCommand
{
    /// <summary>The words that start it (<c>dd</c>), the main one first. Words that are punctuation (<c>?</c>) need no space behind them.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>How it is written, on one line: <c>dd [range]</c>.</summary>
    string Usage { get; }

    /// <summary>What it does, for <c>.help</c>: plain sentences.</summary>
    string Help { get; }

    /// <summary>Runs it.</summary>
    /// <param name="session">The session whose target it asks and whose state it may change.</param>
    /// <param name="arguments">The line, positioned behind the command's word.</param>
    /// <param name="cancellation">Stops long work.</param>
    /// <exception cref="DebuggerException">It cannot be carried out; the message is for the user.</exception>
    ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation);
}
