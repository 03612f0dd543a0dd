namespace NtScope.Debugging.Execution;

/// <summary><c>g</c>: lets the target run.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class GoCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["g", "gc"];

    /// <inheritdoc/>
    public string Usage => "g [address]";

    /// <inheritdoc/>
    public string Help => "Lets the machine run until a breakpoint, a failure, or until nothing is left to do; with an address, until that instruction.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        if (arguments.AtEnd)
        {
            return execution.Resume(RunRequest.Go, cancellation);
        }

        var until = arguments.TakeAddress();
        arguments.RequireEnd();
        return execution.Resume(new RunRequest(Until: until), cancellation);
    }
}
