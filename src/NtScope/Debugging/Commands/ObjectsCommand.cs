using NtScope.Kernel.Objects;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>!object</c>: the object namespace.</summary>
public sealed class ObjectsCommand : ReportCommand
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = ["!object"];

    /// <inheritdoc/>
    public override string Usage => "!object [path]";

    /// <inheritdoc/>
    public override string Help => @"Lists the objects below a directory of the namespace (\Device); all without one.";

    /// <inheritdoc/>
    protected override IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var path = arguments.TakeWord();
        return ObjectAnalyser.Analyse(session.Target, path.Length == 0 ? null : path);
    }
}
