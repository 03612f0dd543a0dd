using NtScope.Kernel.Objects;

namespace NtScope.Debugging.Extensions;

/// <summary><c>!object</c>: an object of the kernel, or what a directory of its namespace holds.</summary>
public sealed class ObjectCommand : IDebuggerCommand
{
    // What a path of a program starts with, and where the devices that all sessions share stand.
    private const string Local = @"\??";
    private const string Global = @"\GLOBAL??";

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!object"];

    /// <inheritdoc/>
    public string Usage => "!object [path|address]";

    /// <inheritdoc/>
    public string Help => @"Shows the object with a path (\Device\Null) or at an address: type, counts, name; for a directory what is in it, for a symbolic link where it leads. Without one, the root.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var context = ProcessIdentity.Kernel(session);
        var objects = new ObjectManager(context);
        if (!arguments.AtEnd && arguments.Line[arguments.Position] != '\\')
        {
            var address = arguments.TakeAddress();
            arguments.RequireEnd();
            return new ObjectListing(context, objects, address);
        }

        var path = arguments.TakeRest().TrimEnd('\\');
        if (path.Length == 0)
        {
            return new ObjectListing(context, objects, objects.Root ?? throw new DebuggerException("Unable to find the root of the object namespace"));
        }

        var space = new ObjectNamespace(context, objects);
        var found = space.Find(path) ?? space.Resolve(path.StartsWith(Local, StringComparison.Ordinal) ? Global + path[Local.Length..] : path) ?? throw new DebuggerException($"Object {path} not found");
        return new ObjectListing(context, objects, found.Object);
    }
}
