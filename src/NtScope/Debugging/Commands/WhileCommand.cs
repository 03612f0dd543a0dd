using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>.while .do</c>: loops with a condition before or behind the block.</summary>
public sealed class WhileCommand : IBlockCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".while", ".do"];

    /// <inheritdoc/>
    public string Usage => ".while (condition) { commands }  or  .do { commands } (condition)";

    /// <inheritdoc/>
    public string Help => "Runs the block for as long as the condition is not zero; .do runs it once before it asks.";

    /// <inheritdoc/>
    public IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation)
    {
        var asksFirst = arguments.Name.Equals(".while", StringComparison.OrdinalIgnoreCase);
        var condition = asksFirst ? arguments.TakeCondition() : null;
        var body = arguments.TakeBlock();
        if (!asksFirst && arguments.AtEnd)
        {
            foreach (var result in runner.RunTurn(body, static () => { }, cancellation)) yield return result;
            throw new DebuggerException("Numeric expression missing from '<EOL>'");
        }

        condition ??= arguments.TakeParentheses();
        arguments.RequireEnd();
        for (var running = !asksFirst || Holds(); running; running = running && Holds())
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var result in runner.RunTurn(body, () => running = false, cancellation)) yield return result;
        }

        bool Holds() => runner.Session.Evaluator.Evaluate(condition) != 0;
    }
}
