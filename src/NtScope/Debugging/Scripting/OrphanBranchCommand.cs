namespace NtScope.Debugging.Scripting;

/// <summary><c>.else .elsif</c> without an <c>.if</c> in front.</summary>
public sealed class OrphanBranchCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".else", ".elsif"];

    /// <inheritdoc/>
    public string Usage => ".if (condition) { commands } .elsif (condition) { commands } .else { commands }";

    /// <inheritdoc/>
    public string Help => "Parts of .if: they stand behind its block.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation) => throw arguments.CaretError("Syntax error");
}
