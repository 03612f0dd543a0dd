using NtScope.Kernel;
using NtScope.Kernel.Objects;

namespace NtScope.Debugging.Commands;

/// <summary><c>!handle</c>: the open handles of a process.</summary>
public sealed class HandlesCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!handle"];

    /// <inheritdoc/>
    public string Usage => "!handle [process-address]";

    /// <inheritdoc/>
    public string Help => "Lists the handles that the process in context, or the one at an address, has open: handle, object, granted access.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var process = arguments.AtEnd ? session.Context.Process : arguments.TakeAddress();
        arguments.RequireEnd();
        var context = new KernelContext(session.Target);
        if (context.OffsetOf("_EPROCESS", "ObjectTable") is not { } offset || context.ReadPointer(process + offset) is not { IsZero: false } table)
        {
            throw new DebuggerException($"Process {session.Format(process)} has no handle table that can be read");
        }

        return new HandleListing([.. HandleTable.Read(context, table).Select(entry => new HandleRow(entry))], session.PointerSize);
    }
}
