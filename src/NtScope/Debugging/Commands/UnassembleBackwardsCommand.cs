using NtScope.Debugging.Disassembly;

namespace NtScope.Debugging.Commands;

/// <summary><c>ub</c>: the instructions before an address.</summary>
public sealed class UnassembleBackwardsCommand : IDebuggerCommand
{
    private const int DefaultInstructions = 8;
    private const int BytesPerInstruction = 15;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["ub"];

    /// <inheritdoc/>
    public string Usage => "ub [address [L count]]";

    /// <inheritdoc/>
    public string Help => "Shows the instructions before an address, eight without a count. Where x86 code starts is a guess; a symbol below the address settles it.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var range = arguments.TakeRange(session.NextCodeAddress, DefaultInstructions, 1);
        arguments.RequireEnd();
        var count = (int)Math.Min(range.Count, Limits.DebuggerInstructions);
        var reader = new CodeReader(session);
        var lines = new List<CodeLine>();
        for (var distance = (ulong)count * BytesPerInstruction; distance > 0; distance--)
        {
            var candidate = Decode(reader, range.Start - distance, range.Start);
            if (candidate is not null && candidate.Count >= count)
            {
                lines = candidate[^count..];
                break;
            }

            if (candidate is not null && candidate.Count > lines.Count)
            {
                lines = candidate;
            }
        }

        if (lines.Count == 0)
        {
            throw arguments.CaretError("Unable to find valid previous instruction", preposition: "for");
        }

        session.NextCodeAddress = lines[0].Address;
        return new CodeListing(session, [lines]);
    }

    private static List<CodeLine>? Decode(CodeReader reader, VirtualAddress start, VirtualAddress end)
    {
        var lines = new List<CodeLine>();
        while (start < end)
        {
            if (reader.Read(start) is not { Text: not "???" } line)
            {
                return null;
            }

            lines.Add(line);
            start = line.End;
        }

        return start == end ? lines : null;
    }
}
