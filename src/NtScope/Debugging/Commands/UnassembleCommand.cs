using NtScope.Debugging.Disassembly;

namespace NtScope.Debugging.Commands;

/// <summary><c>u</c>: instructions.</summary>
public sealed class UnassembleCommand : IDebuggerCommand
{
    private const int DefaultInstructions = 8;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["u"];

    /// <inheritdoc/>
    public string Usage => "u [address [L count] | start end]";

    /// <inheritdoc/>
    public string Help => "Shows instructions, eight without a count. Without an address it goes on where the last listing ended.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        if (arguments.Line.Length > arguments.Name.Length && !char.IsWhiteSpace(arguments.Line[arguments.Name.Length]))
        {
            throw arguments.CaretError($"Missing whitespace after {arguments.Name}");
        }

        var range = arguments.TakeRange(session.NextCodeAddress, DefaultInstructions, 1);
        arguments.RequireEnd();

        // With L the count is of instructions, with an end address of bytes.
        var byBytes = range.Count != DefaultInstructions && !HasLength(arguments.Line);
        var end = byBytes ? range.Start + range.Count : new VirtualAddress(ulong.MaxValue);
        var limit = byBytes ? ulong.MaxValue : Math.Min(range.Count, Limits.DebuggerInstructions);
        var reader = new CodeReader(session);
        var lines = new List<CodeLine>();
        VirtualAddress? unreadable = null;
        var address = range.Start;
        while ((ulong)lines.Count < limit && address < end && (ulong)lines.Count < Limits.DebuggerInstructions && !cancellation.IsCancellationRequested)
        {
            if (reader.Read(address) is not { } line)
            {
                unreadable = address;
                break;
            }

            lines.Add(line);
            address = line.End;
        }

        session.NextCodeAddress = address;
        return new CodeListing(session, [lines], unreadable, MemoryError(session, arguments));
    }

    private static string MemoryError(DebuggerSession session, CommandArguments arguments) => session.CaretsCountPrompt
        ? arguments.CaretError("Memory access error").Message
        : $"{new string(' ', session.Format(default).Length + 3)}^ Memory access error in '{arguments.Line}'";

    private static bool HasLength(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 2 } words && words.Skip(2).Any(word => word[0] is 'L' or 'l');
}
