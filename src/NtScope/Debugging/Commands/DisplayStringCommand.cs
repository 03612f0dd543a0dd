namespace NtScope.Debugging.Commands;

/// <summary><c>da du</c>: memory as text.</summary>
public sealed class DisplayStringCommand : IDebuggerCommand
{
    private const uint DefaultCharacters = 384;
    private const int DefaultColumns = 32;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["da", "du"];

    /// <inheritdoc/>
    public string Usage => "da|du [/c columns] [range]";

    /// <inheritdoc/>
    public string Help => "Shows memory as ASCII (da) or UTF-16 (du) text up to its first zero, at most 384 characters without a range. /c says how many stand on a line.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var name = arguments.Name is "d" or "D" ? session.LastDumpCommand : arguments.Name.ToLowerInvariant();
        session.LastDumpCommand = name;
        var unit = name == "du" ? 2U : 1U;
        var columns = arguments.TakeColumns() ?? DefaultColumns;
        var range = arguments.TakeRange(session.NextDumpAddress, DefaultCharacters, unit);
        arguments.RequireEnd();
        if (range.Count > Limits.DebuggerDumpBytes / unit)
        {
            throw arguments.CaretError("Range error");
        }

        var text = MemoryText.Read(session.Memory, range.Start, (int)range.Count, (int)unit, session.PointerSize, columns);
        session.NextDumpAddress = range.Start + ((ulong)text.UnitsRead * unit);
        return text;
    }
}
