using NtScope.Kernel.Objects;

namespace NtScope.Debugging.Extensions;

/// <summary><c>!devobj</c>: a device object.</summary>
public sealed class DeviceObjectCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!devobj"];

    /// <inheritdoc/>
    public string Usage => "!devobj device|address";

    /// <inheritdoc/>
    public string Help => @"Shows the device with a name (\Device\Null, Null) or at an address: its driver, flags and characteristics, and the devices above and below it.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var context = ProcessIdentity.Kernel(session);
        if (arguments.AtEnd)
        {
            throw new DebuggerException(@"!devobj needs a device: its name (\Device\Null) or its address");
        }

        var address = NamedObject.Take(session, context, arguments, "Device", [@"\Device\"]);
        arguments.RequireEnd();
        return new DeviceObjectListing(context, new ObjectManager(context), address);
    }
}
