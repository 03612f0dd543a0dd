using NtScope.Callbacks;
using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>!callbacks</c>: what drivers have registered with the kernel.</summary>
public sealed class CallbacksCommand : ReportCommand
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = ["!callbacks"];

    /// <inheritdoc/>
    public override string Usage => "!callbacks [pattern]";

    /// <inheritdoc/>
    public override string Help => "Lists process, thread, image, registry, object and other callbacks with the module that owns each; a pattern chooses symbols (symbol=*Lab*).";

    /// <inheritdoc/>
    protected override IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation) => CallbackAnalyser.Analyse(session.Target, new WalkOptions { Cancellation = cancellation });
}
