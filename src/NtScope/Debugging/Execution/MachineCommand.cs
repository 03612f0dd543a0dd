namespace NtScope.Debugging.Execution;

/// <summary><c>.lab</c>: has something happen on the machine.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class MachineCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".lab"];

    /// <inheritdoc/>
    public string Usage => ".lab line";

    /// <inheritdoc/>
    public string Help => "Has something happen on the machine: load a driver, start a process, open, read or write a device, touch files or the registry. .lab help lists it all.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var line = arguments.TakeRest();
        return execution.Do(line.Length == 0 ? "help" : line, cancellation);
    }
}
