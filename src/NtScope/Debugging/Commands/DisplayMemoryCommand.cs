namespace NtScope.Debugging.Commands;

/// <summary><c>db dw dW dd dc dq dp df dD dyb dyd</c> and <c>d</c>: memory as numbers.</summary>
public sealed class DisplayMemoryCommand : IDebuggerCommand
{
    private const ulong MostBytesOfAComplaint = 1 << 16;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["dd", "db", "dw", "dc", "dq", "dp", "df", "dyb", "dyd", "d"];

    /// <inheritdoc/>
    public string Usage => "db|dw|dW|dd|dc|dq|dp|df|dD|dyb|dyd|d [/c columns] [range]";

    /// <inheritdoc/>
    public string Help =>
        "Shows memory as bytes, 16-, 32-, 64-bit words or pointers; dW and dc add characters, df and dD are floating-point numbers of 32 and 64 bits, "
        + "dyb and dyd the bits of bytes and 32-bit words; d repeats the last form. /c says how many stand on a line. "
        + "Without a range it goes on where the last dump ended. What cannot be read is shown as question marks.";

    /// <summary>Reads <paramref name="count"/> numbers.</summary>
    /// <param name="session">The session whose memory is read.</param>
    /// <param name="start">Where the first is.</param>
    /// <param name="count">How many.</param>
    /// <param name="format">What they are.</param>
    /// <param name="columns">How many stand on a line; null for as many as the format has.</param>
    public static MemoryDump Dump(DebuggerSession session, VirtualAddress start, ulong count, MemoryFormat format, int? columns = null)
    {
        var unit = new MemoryUnit(format);
        return new MemoryDump(MemoryBytes.Read(session.Memory, start, checked((int)(count * (ulong)unit.Size))), unit, session.PointerSize, columns);
    }

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var name = arguments.Name;
        if (name is "d" or "D")
        {
            name = session.LastDumpCommand;
            if (name is "da" or "du") return new DisplayStringCommand().Execute(session, arguments, cancellation);
        }

        session.LastDumpCommand = name;
        var format = FormatOf(name, session.PointerSize);
        var unit = new MemoryUnit(format);
        var columns = arguments.TakeColumns(unit.MostColumns);
        var range = arguments.TakeRange(session.NextDumpAddress, unit.DefaultCount, (uint)unit.Size);
        if (range.Count > Limits.DebuggerDumpBytes / (uint)unit.Size)
        {
            throw arguments.CaretError("Range error");
        }

        session.NextDumpAddress = range.Start + (range.Count * (uint)unit.Size);
        var dump = Dump(session, range.Start, range.Count, format, columns);
        if (arguments.AtEnd)
        {
            return dump;
        }

        // The engine shows the memory even when it then complains about what follows; a complaint holds only so much.
        var text = new StringWriter();
        if (range.Count * (uint)unit.Size <= MostBytesOfAComplaint) dump.Write(text, cancellation);
        throw new DebuggerException(text + arguments.CaretError("Extra character error", 1).Message);
    }

    // The only letters whose case counts: dW adds characters, dD has floating-point numbers.
    private static MemoryFormat FormatOf(string name, int pointerSize) => name[1..] switch
    {
        "W" => MemoryFormat.WordsAndCharacters,
        "D" => MemoryFormat.Doubles,
        var other => other.ToLowerInvariant() switch
        {
            "b" => MemoryFormat.Bytes,
            "w" => MemoryFormat.Words,
            "d" => MemoryFormat.DoubleWords,
            "c" => MemoryFormat.DoubleWordsAndCharacters,
            "q" => MemoryFormat.QuadWords,
            "f" => MemoryFormat.Singles,
            "yb" => MemoryFormat.BitsOfBytes,
            "yd" => MemoryFormat.BitsOfDoubleWords,
            _ => pointerSize == sizeof(ulong) ? MemoryFormat.QuadWords : MemoryFormat.DoubleWords,
        },
    };
}
