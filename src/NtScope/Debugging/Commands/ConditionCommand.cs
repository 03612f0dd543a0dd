using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>.if .elsif .else</c>: runs the block of the first condition that holds.</summary>
public sealed class ConditionCommand : IBlockCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".if"];

    /// <inheritdoc/>
    public string Usage => ".if (condition) { commands } [.elsif (condition) { commands }] [.else { commands }]";

    /// <inheritdoc/>
    public string Help => "Runs the commands behind the first condition that is not zero, or those behind .else.";

    /// <inheritdoc/>
    public IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation)
    {
        string? chosen = null;
        do
        {
            var holds = runner.Session.Evaluator.Evaluate(arguments.TakeCondition()) != 0;
            var block = arguments.TakeBlock();
            chosen ??= holds ? block : null;
        }
        while (arguments.TakeKeyword(".elsif"));

        if (arguments.TakeKeyword(".else"))
        {
            var block = arguments.TakeBlock();
            chosen ??= block;
        }

        arguments.RequireEnd();
        return chosen is null ? [] : runner.Run(chosen, cancellation);
    }
}
