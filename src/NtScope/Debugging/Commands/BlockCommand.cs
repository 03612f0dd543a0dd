using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>.block</c>: commands whose aliases are put in when the block is reached.</summary>
public sealed class BlockCommand : IBlockCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".block"];

    /// <inheritdoc/>
    public string Usage => ".block { commands }";

    /// <inheritdoc/>
    public string Help => "Runs the commands. Aliases that were defined earlier on the same line are known in the block.";

    /// <inheritdoc/>
    public IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation)
    {
        var body = arguments.TakeBlock();
        arguments.RequireEnd();
        return runner.Run(body, cancellation);
    }
}
