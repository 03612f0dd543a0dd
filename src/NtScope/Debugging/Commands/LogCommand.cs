namespace NtScope.Debugging.Commands;

/// <summary><c>.logopen .logappend .logclose</c>: keeps what the shell shows in a file.</summary>
public sealed class LogCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".logopen", ".logappend", ".logclose"];

    /// <inheritdoc/>
    public string Usage => ".logopen file  or  .logappend file  or  .logclose";

    /// <inheritdoc/>
    public string Help => "Writes commands and their output to a file as well, from its start or behind what it holds, until .logclose.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        if (arguments.Name.Equals(".logclose", StringComparison.OrdinalIgnoreCase))
        {
            var closed = session.CloseLog();
            return new TextResult(closed is null ? "No log file open\n" : $"Closing open log file {closed}\n");
        }

        var path = arguments.TakeRest().Trim('"');
        if (path.Length == 0)
        {
            throw new DebuggerException("A log needs a file name");
        }

        try
        {
            session.OpenLog(path, append: arguments.Name.Equals(".logappend", StringComparison.OrdinalIgnoreCase));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DebuggerException($"Unable to open log file {path}: {failure.Message}");
        }

        return new TextResult($"Opened log file '{path}'\n");
    }
}
