namespace NtScope.Debugging.Commands;

/// <summary><c>dps dpp dpa dpu</c> and their kin of 32 and 64 bits: memory as pointers, with what they point at.</summary>
public sealed class DisplayPointersCommand : IDebuggerCommand
{
    private const uint DefaultBytes = 128;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["dps", "dqs", "dds", "dpp", "dqp", "ddp", "dpa", "dqa", "dda", "dpu", "dqu", "ddu"];

    /// <inheritdoc/>
    public string Usage => "dps|dpp|dpa|dpu [/c columns] [range]  (dq... 64 bits, dd... 32 bits)";

    /// <inheritdoc/>
    public string Help =>
        "Shows pointers, one a line, each with what it points at: s the symbol there, p the pointer there and its symbol, a ASCII text, u UTF-16 text.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var unit = char.ToLowerInvariant(arguments.Name[1]) switch { 'd' => sizeof(uint), 'q' => sizeof(ulong), _ => session.PointerSize };
        var content = char.ToLowerInvariant(arguments.Name[2]) switch
        {
            'p' => PointedContent.Pointer,
            'a' => PointedContent.Ascii,
            'u' => PointedContent.Unicode,
            _ => PointedContent.Symbol,
        };
        session.LastDumpCommand = arguments.Name[..2];
        var columns = arguments.TakeColumns() ?? 1;
        var range = arguments.TakeRange(session.NextDumpAddress, DefaultBytes / (uint)unit, (uint)unit);
        arguments.RequireEnd();
        if (range.Count > Limits.DebuggerDumpBytes / (uint)unit)
        {
            throw arguments.CaretError("Range error");
        }

        session.NextDumpAddress = range.Start + (range.Count * (uint)unit);
        var bytes = MemoryBytes.Read(session.Memory, range.Start, (int)range.Count * unit);
        return new PointerDump(bytes, unit, session, content, columns);
    }
}
