namespace NtScope.Debugging.Execution;

/// <summary><c>bc</c>, <c>bd</c> and <c>be</c>: take breakpoints away, disable and enable them.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class BreakpointChangeCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["bc", "bd", "be"];

    /// <inheritdoc/>
    public string Usage => "bc|bd|be numbers|*";

    /// <inheritdoc/>
    public string Help => "Takes breakpoints away (bc), disables (bd) or enables (be) them: numbers as bl lists them, or * for all.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        if (arguments.AtEnd)
        {
            throw arguments.CaretError("Breakpoint number error");
        }

        while (!arguments.AtEnd)
        {
            var word = arguments.TakeWord().Trim(',');
            var chosen = execution.Breakpoints.Where(breakpoint => word == "*" || session.Evaluator.Evaluate(word) == (ulong)breakpoint.Number).ToArray();
            if (chosen.Length == 0 && word != "*")
            {
                throw new DebuggerException($"Breakpoint {word} does not exist");
            }

            foreach (var breakpoint in chosen)
            {
                Change(breakpoint, char.ToLowerInvariant(arguments.Name[1]));
            }
        }

        return TextResult.None;
    }

    private void Change(Breakpoint breakpoint, char verb)
    {
        if (verb == 'c')
        {
            execution.Remove(breakpoint);
        }
        else
        {
            breakpoint.IsEnabled = verb == 'e';
        }
    }
}
