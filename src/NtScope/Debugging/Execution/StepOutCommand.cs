namespace NtScope.Debugging.Execution;

/// <summary><c>gu</c>: runs until the routine returns.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class StepOutCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["gu"];

    /// <inheritdoc/>
    public string Usage => "gu";

    /// <inheritdoc/>
    public string Help => "Runs until the routine returns to its caller.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        arguments.RequireEnd();
        return execution.StepOut(cancellation);
    }
}
