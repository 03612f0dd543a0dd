namespace NtScope.Debugging.Commands;

/// <summary><c>ds dS</c>: counted strings.</summary>
public sealed class DisplayCountedStringCommand : IDebuggerCommand
{
    private const int DefaultColumns = 32;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["ds"];

    /// <inheritdoc/>
    public string Usage => "ds|dS [/c columns] address [L count]";

    /// <inheritdoc/>
    public string Help => "Shows the text of a counted string: ds a STRING or ANSI_STRING, dS (with a large S) a UNICODE_STRING.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var unit = arguments.Name[1] == 'S' ? 2 : 1;
        var columns = arguments.TakeColumns() ?? DefaultColumns;
        var size = 2u * (uint)session.PointerSize;
        var range = arguments.TakeRange(session.NextDumpAddress, 1, size);
        arguments.RequireEnd();
        session.NextDumpAddress = range.Start;
        var results = new List<ICommandResult>();
        for (ulong i = 0; i < Math.Min(range.Count, Limits.DisplayedStructures) && !cancellation.IsCancellationRequested; i++)
        {
            var place = range.Start + (i * size);
            if (session.Memory.TryReadUInt16(place, out var length, out _) && session.Memory.TryReadPointer(place + (ulong)session.PointerSize, out var buffer, out _))
            {
                results.Add(MemoryText.Read(session.Memory, buffer, length / unit, unit, session.PointerSize, columns));
            }
        }

        return new JoinedResult(results);
    }
}
