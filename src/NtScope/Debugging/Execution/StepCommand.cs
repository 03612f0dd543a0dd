namespace NtScope.Debugging.Execution;

/// <summary><c>t</c> and <c>p</c>: run one instruction, <c>p</c> calls as one.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class StepCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["t", "p"];

    /// <inheritdoc/>
    public string Usage => "t|p [count]";

    /// <inheritdoc/>
    public string Help => "Runs one instruction, or as many as are said; p takes a call as one.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var count = arguments.AtEnd ? 1 : arguments.TakeExpression();
        arguments.RequireEnd();
        StopResult? result = null;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            result = arguments.Name.Equals("t", StringComparison.OrdinalIgnoreCase) ? execution.Resume(RunRequest.Step, cancellation) : execution.StepOver(cancellation);
        }
        while (--count > 0 && result.Stop.Kind == StopKind.Step);
        return result;
    }
}
