using NtScope.Kernel.Drivers;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>!drvobj !devobj</c>: drivers with their routines and devices.</summary>
public sealed class DriversCommand : ReportCommand
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = ["!drvobj", "!devobj"];

    /// <inheritdoc/>
    public override string Usage => "!drvobj [pattern]";

    /// <inheritdoc/>
    public override string Help => "Lists driver objects with their images, routines and devices. A pattern chooses names.";

    /// <inheritdoc/>
    protected override IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation) => DriverAnalyser.Analyse(session.Target);
}
