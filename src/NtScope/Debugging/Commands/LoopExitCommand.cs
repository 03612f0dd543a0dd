using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>.break .continue</c>: leave a loop, or go on with its next turn.</summary>
public sealed class LoopExitCommand : IBlockCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".break", ".continue"];

    /// <inheritdoc/>
    public string Usage => ".break  or  .continue";

    /// <inheritdoc/>
    public string Help => "Ends the innermost loop, or goes on with its next turn.";

    /// <inheritdoc/>
    public IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation)
    {
        if (runner.Loops == 0)
        {
            throw arguments.CaretError($"{arguments.Name} outside of scope error");
        }

        runner.Flow = arguments.Name.Equals(".break", StringComparison.OrdinalIgnoreCase) ? ScriptFlow.Break : ScriptFlow.Continue;
        return [];
    }
}
