namespace NtScope.Debugging.Execution;

/// <summary><c>k</c>: the stack of the thread that is stopped.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class StackCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["k", "kv", "kp", "kn", "kb"];

    /// <inheritdoc/>
    public string Usage => "k|kn [frames]";

    /// <inheritdoc/>
    public string Help => "Lists the frames of the thread that is stopped, innermost first; kn with numbers.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var most = arguments.AtEnd ? ulong.MaxValue : arguments.TakeExpression();
        arguments.RequireEnd();
        return new StackListing(session, [.. execution.Machine.WalkStack().Take((int)Math.Min(most, int.MaxValue))], arguments.Name.Contains('n', StringComparison.OrdinalIgnoreCase));
    }
}
