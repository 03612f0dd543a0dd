namespace NtScope.Debugging.Extensions;

/// <summary><c>!vtop</c>: how an address translates.</summary>
public sealed class VirtualToPhysicalCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!vtop"];

    /// <inheritdoc/>
    public string Usage => "!vtop [directory-table] address";

    /// <inheritdoc/>
    public string Help =>
        "Translates an address level by level, with where each page-table entry is in physical memory. A directory table of 0, or none, is the one in context; "
        + "else it is one as !process shows it (DirBase).";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var spaces = session.Target.AddressSpaces ?? throw new DebuggerException("The target has no page tables: it is not a capture of physical memory");
        var first = arguments.TakeAddress();
        var table = session.DirectoryTable ?? spaces.SystemDirectoryTable;
        if (!arguments.AtEnd)
        {
            table = first.IsZero ? table : new PhysicalAddress(first.Value);
            first = arguments.TakeAddress();
        }

        arguments.RequireEnd();
        return new VirtualToPhysicalListing(spaces.Explain(table, first), session.PointerSize);
    }
}
