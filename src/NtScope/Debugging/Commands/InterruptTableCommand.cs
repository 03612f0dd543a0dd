using NtScope.Kernel;

namespace NtScope.Debugging.Commands;

/// <summary><c>!idt</c>: the interrupt descriptor table of the first processor.</summary>
public sealed class InterruptTableCommand : IDebuggerCommand
{
    private const int Vectors = 256;
    private const uint WideEntryBytes = 16;
    private const uint NarrowEntryBytes = 8;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!idt"];

    /// <inheritdoc/>
    public string Usage => "!idt [vector]";

    /// <inheritdoc/>
    public string Help => "Lists the handlers of interrupts and exceptions of the first processor; the one of a vector with an argument.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        ulong? only = arguments.AtEnd || arguments.Take('-') ? null : arguments.TakeExpression();
        var context = new KernelContext(session.Target);
        var (prcb, field) = session.PointerSize == sizeof(ulong) ? ("Prcb", "IdtBase") : ("PrcbData", "IDT");
        if (session.Context.Processor is not { IsZero: false } processor
            || context.OffsetOf("_KPCR", prcb) is not { } inside
            || context.OffsetOf("_KPCR", field) is not { } offset
            || context.ReadPointer(processor - inside + offset) is not { IsZero: false } table)
        {
            throw new DebuggerException("The interrupt table is not to be found: the processor's block (KiProcessorBlock, _KPCR) cannot be read");
        }

        var rows = new List<InterruptRow>();
        for (var vector = 0; vector < Vectors; vector++)
        {
            if ((only is null || only == (ulong)vector) && Handler(session, table, vector) is { IsZero: false } handler)
            {
                rows.Add(new InterruptRow(vector, handler, session.Symbols.TryGetNearest(handler, out var place) ? place.ToString() : null));
            }
        }

        return new InterruptListing(table, rows, session.PointerSize);
    }

    // A gate holds its handler in parts: bits 0 to 15, bits 16 to 31 in its second half, and the upper 32 bits behind them on x64.
    private static VirtualAddress Handler(DebuggerSession session, VirtualAddress table, int vector)
    {
        var isWide = session.PointerSize == sizeof(ulong);
        var gate = table + ((ulong)vector * (isWide ? WideEntryBytes : NarrowEntryBytes));
        var upper = 0u;
        return session.Memory.TryReadUInt64(gate, out var low, out _) && (!isWide || session.Memory.TryReadUInt32(gate + NarrowEntryBytes, out upper, out _))
            ? new VirtualAddress((low & 0xffff) | ((low >> 32) & 0xffff_0000) | ((ulong)upper << 32))
            : VirtualAddress.Zero;
    }
}
