using NtScope.Kernel.Objects;

namespace NtScope.Debugging.Extensions;

/// <summary><c>!drvobj</c>: a driver object.</summary>
public sealed class DriverObjectCommand : IDebuggerCommand
{
    private const ulong Devices = 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!drvobj"];

    /// <inheritdoc/>
    public string Usage => "!drvobj [driver|address [flags]]";

    /// <inheritdoc/>
    public string Help =>
        @"Shows the driver with a name (\Driver\Null, Null) or at an address. Flags: 1 its devices, 2 its routines, 4 the stacks of its devices. "
        + "Without a driver it lists all with their images, routines and devices.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var context = ProcessIdentity.Kernel(session);
        if (arguments.AtEnd)
        {
            return new ReportResult(Kernel.Drivers.DriverAnalyser.Analyse(session.Target, new Kernel.Processes.SurveyOptions { ScanPool = false, Cancellation = cancellation }));
        }

        var address = NamedObject.Take(session, context, arguments, "Driver", [@"\Driver\", @"\FileSystem\"]);
        var flags = arguments.AtEnd ? Devices : arguments.TakeExpression();
        arguments.RequireEnd();
        return new DriverObjectListing(session, context, new ObjectManager(context), address, flags);
    }
}
