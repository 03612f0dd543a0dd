namespace NtScope.Debugging.Commands;

/// <summary><c>db dw dd dq dp</c> and <c>d</c>: memory as numbers.</summary>
public sealed class DisplayMemoryCommand : IDebuggerCommand
{
    private const uint DefaultBytes = 128;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["dd", "db", "dw", "dq", "dp", "d"];

    /// <inheritdoc/>
    public string Usage => "db|dw|dd|dq|dp|d [range]";

    /// <inheritdoc/>
    public string Help =>
        "Shows memory as bytes, 16-, 32-, 64-bit words or pointers; d repeats the last form. "
        + "Without a range it goes on where the last dump ended. What cannot be read is shown as question marks.";

    /// <summary>Reads <paramref name="count"/> numbers.</summary>
    public static MemoryDump Dump(DebuggerSession session, VirtualAddress start, ulong count, MemoryFormat format) =>
        new(MemoryBytes.Read(session.Memory, start, checked((int)(count * (ulong)format))), format, session.PointerSize);

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var name = arguments.Name.ToLowerInvariant();
        if (name == "d")
        {
            if (session.LastDumpCommand is "da" or "du")
            {
                return new DisplayStringCommand().Execute(session, arguments, cancellation);
            }

            name = session.LastDumpCommand;
        }

        session.LastDumpCommand = name;
        var format = name[1] switch
        {
            'b' => MemoryFormat.Bytes,
            'w' => MemoryFormat.Words,
            'd' => MemoryFormat.DoubleWords,
            'q' => MemoryFormat.QuadWords,
            _ => (MemoryFormat)session.PointerSize,
        };
        var unit = (uint)format;
        var range = arguments.TakeRange(session.NextDumpAddress, DefaultBytes / unit, unit);
        if (range.Count > Limits.DebuggerDumpBytes / unit)
        {
            throw arguments.CaretError("Range error");
        }

        session.NextDumpAddress = range.Start + (range.Count * unit);
        var dump = Dump(session, range.Start, range.Count, format);
        if (arguments.AtEnd)
        {
            return dump;
        }

        // The engine shows the memory even when it then complains about what follows.
        var text = new StringWriter();
        dump.Write(text, cancellation);
        throw new DebuggerException(text + arguments.CaretError("Extra character error", 1).Message);
    }
}
