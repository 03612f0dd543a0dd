using Iced.Intel;
using NtScope.Debugging.Disassembly;
using CodeReader = NtScope.Debugging.Disassembly.CodeReader;

namespace NtScope.Debugging.Commands;

/// <summary><c>uf</c>: a whole function, block by block.</summary>
public sealed class UnassembleFunctionCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["uf"];

    /// <inheritdoc/>
    public string Usage => "uf [address]";

    /// <inheritdoc/>
    public string Help => "Follows the jumps of the function that holds the address and shows its blocks in order of address.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var address = arguments.AtEnd ? session.NextCodeAddress : arguments.TakeAddress();
        arguments.RequireEnd();
        var start = session.Symbols.TryGetNearest(address, out var place) && place.Name.Length > 0 ? place.Address : address;
        var reader = new CodeReader(session);
        var lines = new SortedDictionary<ulong, CodeLine>();
        var leaders = new SortedSet<ulong> { start.Value };
        Follow(reader, start, lines, leaders, cancellation);
        if (lines.Count == 0)
        {
            throw new DebuggerException($"No code found, aborting");
        }

        return new CodeListing(session, Blocks(lines.Values, leaders));
    }

    private static void Follow(CodeReader reader, VirtualAddress start, SortedDictionary<ulong, CodeLine> lines, SortedSet<ulong> leaders, CancellationToken cancellation)
    {
        var pending = new Stack<VirtualAddress>([start]);
        while (pending.TryPop(out var address))
        {
            while (!lines.ContainsKey(address.Value) && lines.Count < (int)Limits.DebuggerInstructions && !cancellation.IsCancellationRequested)
            {
                if (reader.Read(address, out var instruction) is not { } line)
                {
                    break;
                }

                lines.Add(address.Value, line);
                var flow = instruction.IsInvalid ? FlowControl.Exception : instruction.FlowControl;
                if (flow is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch)
                {
                    var target = new VirtualAddress(instruction.NearBranchTarget);
                    leaders.Add(target.Value);
                    leaders.Add(line.End.Value);
                    pending.Push(target);
                }

                if (flow is FlowControl.UnconditionalBranch or FlowControl.IndirectBranch or FlowControl.Return or FlowControl.Exception or FlowControl.Interrupt && IsFastFail(instruction))
                {
                    leaders.Add(line.End.Value);
                    break;
                }

                address = line.End;
            }
        }
    }

    // int 29h does not come back; int 2Eh and int 3 do.
    private static bool IsFastFail(in Instruction instruction) => instruction.FlowControl != FlowControl.Interrupt || instruction.Immediate8 == 0x29;

    private static List<IReadOnlyList<CodeLine>> Blocks(IEnumerable<CodeLine> lines, SortedSet<ulong> leaders)
    {
        var blocks = new List<IReadOnlyList<CodeLine>>();
        List<CodeLine>? block = null;
        VirtualAddress expected = default;
        foreach (var line in lines)
        {
            if (block is null || line.Address != expected || leaders.Contains(line.Address.Value))
            {
                block = [];
                blocks.Add(block);
            }

            block.Add(line);
            expected = line.End;
        }

        return blocks;
    }
}
