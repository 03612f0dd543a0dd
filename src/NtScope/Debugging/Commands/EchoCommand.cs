namespace NtScope.Debugging.Commands;

/// <summary><c>.echo</c>: repeats its text.</summary>
public sealed class EchoCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".echo"];

    /// <inheritdoc/>
    public string Usage => ".echo text";

    /// <inheritdoc/>
    public string Help => "Writes its text. Quotes keep semicolons in it and are not written.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var text = arguments.TakeRest();
        if (text.StartsWith('"') && (text.Length == 1 || !text.AsSpan(1).Contains('"')))
        {
            throw arguments.CaretError("Trailing quote missing");
        }

        if (text.Length > 1 && text[0] == '"' && text[^1] == '"')
        {
            text = text[1..^1];
        }

        return new TextResult(text + "\n");
    }
}
