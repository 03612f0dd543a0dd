using System.Globalization;
using NtScope.Kernel.Objects;

namespace NtScope.Debugging.Extensions;

/// <summary><c>!handle</c>: the open handles of a process.</summary>
public sealed class HandleCommand : IDebuggerCommand
{
    private const ulong Default = 3;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!handle"];

    /// <inheritdoc/>
    public string Usage => "!handle [handle|0 [flags [process|ID [type]]]]";

    /// <inheritdoc/>
    public string Help => "Lists the open handles of the process in context or of another, all or one, all types or one. Flags 1 or less leave out what the objects are.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var context = ProcessIdentity.Kernel(session);
        var handle = arguments.AtEnd ? 0 : arguments.TakeExpression();
        var flags = arguments.AtEnd ? Default : arguments.TakeExpression();
        var which = arguments.AtEnd ? ulong.MaxValue : arguments.TakeExpression();
        var type = arguments.TakeRest();
        var process = which is ulong.MaxValue or 0 ? session.Context.Process : ProcessIdentity.Find(context, which);
        if (process.IsZero)
        {
            throw new DebuggerException("There is no process in context: !handle 0 3 ID names one");
        }

        if (context.At("_EPROCESS", process).Pointer("ObjectTable") is not { IsZero: false } table)
        {
            throw new DebuggerException($"Process {session.Format(process)} has no handle table that can be read");
        }

        var searched = ProcessIdentity.IsId(which) ? string.Create(CultureInfo.InvariantCulture, $"\nSearching for Process with Cid == {which:x}\n") : "\n";
        var objects = new ObjectManager(context);
        var entries = HandleTable.Read(context, table).ToList();
        var shown = entries.Where(entry => (handle is 0 or ulong.MaxValue || entry.Handle == handle)
            && (type.Length == 0 || string.Equals(objects.TypeNameOf(entry.Body(context)), type, StringComparison.OrdinalIgnoreCase)));
        return new HandleListing(context, objects, searched, ProcessDetails.Read(context, process), entries.Count, [.. shown.Select(entry => new HandleRow(entry, entry.Body(context)))], flags);
    }
}
