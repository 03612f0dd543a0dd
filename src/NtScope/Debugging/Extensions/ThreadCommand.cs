namespace NtScope.Debugging.Extensions;

/// <summary><c>!thread</c>: a thread.</summary>
public sealed class ThreadCommand : IDebuggerCommand
{
    private const ProcessFlags Default = ProcessFlags.Threads | ProcessFlags.ThreadLines;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!thread"];

    /// <inheritdoc/>
    public string Usage => "!thread [thread|-1 [flags]]";

    /// <inheritdoc/>
    public string Help => "Shows the thread in context or the one at an address (_ETHREAD). Flags 2 or less leave out all but its line and what it waits for. Stacks are not unwound.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        const byte ThreadObject = 6;
        var context = ProcessIdentity.Kernel(session);
        var which = arguments.AtEnd ? ulong.MaxValue : arguments.TakeExpression();
        var flags = arguments.AtEnd ? Default : (ProcessFlags)arguments.TakeExpression();
        arguments.RequireEnd();
        var thread = which is ulong.MaxValue or 0 ? session.Context.Thread : new VirtualAddress(which);
        if (thread.IsZero)
        {
            throw new DebuggerException("There is no thread in context: name one by its address");
        }

        if (!context.Memory.TryReadByte(thread, out var type, out var fault))
        {
            throw new DebuggerException($"Could not read _ETHREAD at {thread}: {fault}");
        }

        return (type & 0x7f) == ThreadObject
            ? new ThreadListing(context, ThreadDetails.Read(context, thread), flags.HasFlag(ProcessFlags.ThreadLines))
            : throw new DebuggerException($"{thread} is no thread: its dispatcher header has type {type & 0x7f:x}, a thread has {ThreadObject}");
    }
}
