namespace NtScope.Debugging.Commands;

/// <summary><c>dps dds dqs</c>: memory as pointers with the symbols they point at.</summary>
public sealed class DisplayPointersCommand : IDebuggerCommand
{
    private const uint DefaultBytes = 128;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["dps", "dqs", "dds"];

    /// <inheritdoc/>
    public string Usage => "dps|dqs|dds [range]";

    /// <inheritdoc/>
    public string Help => "Shows pointers, 64-bit or 32-bit words, one a line, each with the symbol that it points at.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var unit = char.ToLowerInvariant(arguments.Name[1]) switch { 'd' => sizeof(uint), 'q' => sizeof(ulong), _ => session.PointerSize };
        var range = arguments.TakeRange(session.NextDumpAddress, DefaultBytes / (uint)unit, (uint)unit);
        arguments.RequireEnd();
        if (range.Count > Limits.DebuggerDumpBytes / (uint)unit)
        {
            throw arguments.CaretError("Range error");
        }

        session.NextDumpAddress = range.Start + (range.Count * (uint)unit);
        var bytes = MemoryBytes.Read(session.Memory, range.Start, (int)range.Count * unit);
        return new PointerDump(bytes, unit, session);
    }
}
