using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>.for</c>: a counting loop.</summary>
public sealed class ForCommand : IBlockCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".for"];

    /// <inheritdoc/>
    public string Usage => ".for (start ; condition ; step) { commands }";

    /// <inheritdoc/>
    public string Help => "Runs the start command once, then the block and the step command for as long as the condition is not zero.";

    /// <inheritdoc/>
    public IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation)
    {
        var parts = arguments.TakeParentheses().Split(';');
        if (parts.Length != 3)
        {
            throw arguments.CaretError("Syntax error");
        }

        var body = arguments.TakeBlock();
        arguments.RequireEnd();
        foreach (var result in runner.Run(parts[0], cancellation)) yield return result;
        for (var running = true; running && runner.Session.Evaluator.Evaluate(parts[1]) != 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var result in runner.RunTurn(body, () => running = false, cancellation)) yield return result;
            if (!running) yield break;
            foreach (var result in runner.Run(parts[2], cancellation)) yield return result;
        }
    }
}
