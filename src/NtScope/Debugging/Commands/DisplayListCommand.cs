namespace NtScope.Debugging.Commands;

/// <summary><c>dl dlb</c>: linked lists.</summary>
public sealed class DisplayListCommand : IDebuggerCommand
{
    private const ulong DefaultCount = 32;
    private const ulong DefaultSize = 4;
    private const ulong MostPointers = 1 << 10;
    private const int PointersPerLine = 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["dl", "dlb"];

    /// <inheritdoc/>
    public string Usage => "dl|dlb address [count [size]]";

    /// <inheritdoc/>
    public string Help => "Follows a list by its first pointer, dlb by its second, back to its start, a zero or count entries; of each it shows size pointers, four without a number.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var backwards = arguments.Name.Length > 2;
        var first = arguments.AtEnd ? session.NextDumpAddress : arguments.TakeAddress();
        var count = arguments.AtEnd ? DefaultCount : Math.Min(arguments.TakeExpression(), Limits.KernelListEntries);
        var size = arguments.AtEnd ? DefaultSize : Math.Clamp(arguments.TakeExpression(), 1, MostPointers);
        var format = session.PointerSize == sizeof(ulong) ? MemoryFormat.QuadWords : MemoryFormat.DoubleWords;
        var entries = new List<ICommandResult>();
        var seen = new HashSet<VirtualAddress>();
        for (var entry = first; !entry.IsZero && (ulong)entries.Count < count && seen.Add(entry) && !cancellation.IsCancellationRequested;)
        {
            var isReadable = session.Memory.TryReadPointer(backwards ? entry + (ulong)session.PointerSize : entry, out var next, out _);
            if (!isReadable && entries.Count > 0)
            {
                break;
            }

            entries.Add(DisplayMemoryCommand.Dump(session, entry, size, format, PointersPerLine));
            entry = next;
        }

        session.NextDumpAddress = first;
        return arguments.AtEnd ? new JoinedResult(entries) : throw Extra(entries, arguments, cancellation);
    }

    // The engine shows the list even when it then complains about what follows.
    private static DebuggerException Extra(List<ICommandResult> entries, CommandArguments arguments, CancellationToken cancellation)
    {
        var text = new StringWriter();
        new JoinedResult(entries).Write(text, cancellation);
        return new DebuggerException(text + arguments.CaretError("Extra character error", 1).Message);
    }
}
