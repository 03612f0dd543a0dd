using System.Text;

namespace NtScope.Debugging.Execution;

/// <summary><c>!analyze</c>: what is known of a failure.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class AnalyzeCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!analyze"];

    /// <inheritdoc/>
    public string Usage => "!analyze [-v]";

    /// <inheritdoc/>
    public string Help => "Says what the machine failed of, where, and with which stack.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        _ = arguments.TakeRest();
        if (execution.Machine.Failure is not { } failure)
        {
            return new TextResult("The machine has not failed.\n");
        }

        const int Width = 79;
        var text = new StringBuilder().Append('*', Width).Append("\n*").Append(' ', 26).Append("Bugcheck Analysis").Append(' ', Width - 45).Append("*\n").Append('*', Width).Append("\n\n");
        text.Append(failure).Append("\n\n");
        var frames = new StackListing(session, execution.Machine.WalkStack(), numbers: false);
        if (frames.Rows.FirstOrDefault(frame => session.Symbols.ModuleAt(frame.Frame.Address) is { Name: not "nt" }) is { } culprit
            && session.Symbols.ModuleAt(culprit.Frame.Address) is { } module)
        {
            text.Append($"SYMBOL_NAME:  {culprit.Place}\n\nMODULE_NAME: {module.Name}\n\nIMAGE_NAME:  {Path.GetFileName(module.Path.Replace('\\', '/'))}\n\n");
        }

        using var stack = new StringWriter();
        frames.Write(stack, cancellation);
        return new TextResult(text.Append("STACK_TEXT:\n").Append(stack).ToString());
    }
}
