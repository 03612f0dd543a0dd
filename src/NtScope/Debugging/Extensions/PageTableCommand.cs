namespace NtScope.Debugging.Extensions;

/// <summary><c>!pte</c>: the page-table entries of an address.</summary>
public sealed class PageTableCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!pte"];

    /// <inheritdoc/>
    public string Usage => "!pte address";

    /// <inheritdoc/>
    public string Help =>
        "Shows the page-table entries that an address goes through in the process in context: where each is mapped, what it holds, its page and flags: "
        + "C copy on write, G global, L large, D dirty, A accessed, N not cached, T write through, U or K user or kernel, W or R writable or not, E executable, V valid.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var spaces = session.Target.AddressSpaces ?? throw new DebuggerException("The target has no page tables: it is not a capture of physical memory");
        var address = arguments.TakeAddress();
        arguments.RequireEnd();
        var root = session.DirectoryTable ?? spaces.SystemDirectoryTable;
        return new PageTableListing(session, spaces.Explain(root, address));
    }
}
