using System.Globalization;
using NtScope.Kernel;
using NtScope.Kernel.Processes;

namespace NtScope.Debugging.Extensions;

/// <summary><c>!process</c>: processes.</summary>
public sealed class ProcessCommand : IDebuggerCommand
{
    private const ProcessFlags Default = ProcessFlags.Times | ProcessFlags.Threads;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!process"];

    /// <inheritdoc/>
    public string Usage => "!process [process|ID|0|-1 [flags [image]]]";

    /// <inheritdoc/>
    public string Help =>
        "Shows the process in context, the one at an address or with an ID; 0 lists all, and then names those that run without standing in the kernel's list. "
        + "Flags: 1 times and sizes, 2 threads with what they wait for, 4 a line a thread, together all that is known. An image's name chooses. Stacks are not unwound.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var context = ProcessIdentity.Kernel(session);
        var which = arguments.AtEnd ? ulong.MaxValue : arguments.TakeExpression();
        var all = which == 0;
        var flags = arguments.AtEnd ? all ? ProcessFlags.None : Default : (ProcessFlags)arguments.TakeExpression();
        var image = arguments.TakeRest();
        if (!all)
        {
            var process = which == ulong.MaxValue ? session.Context.Process : ProcessIdentity.Find(context, which);
            var searched = ProcessIdentity.IsId(which) ? string.Create(CultureInfo.InvariantCulture, $"Searching for Process with Cid == {which:x}\n") : string.Empty;
            return process.IsZero
                ? throw new DebuggerException("There is no process in context: name one by address or ID")
                : new ProcessListing(context, searched, [Checked(context, process)], flags, []);
        }

        var listed = ProcessIdentity.List(context, out var problem);
        var notes = problem is null ? new List<string>() : [problem];
        notes.AddRange(Unlisted(session, context, listed, cancellation));
        var processes = listed.Select(process => ProcessDetails.Read(context, process))
            .Where(process => image.Length == 0 || string.Equals(process.Image, image, StringComparison.OrdinalIgnoreCase));
        return new ProcessListing(context, image.Length == 0 ? "**** NT ACTIVE PROCESS DUMP ****\n" : string.Empty, [.. processes], flags, notes);
    }

    // An address that is no process would be shown as one.
    private static ProcessDetails Checked(KernelContext context, VirtualAddress address)
    {
        const byte ProcessObject = 3;
        if (!context.Memory.TryReadByte(address, out var type, out var fault))
        {
            throw new DebuggerException($"Could not read _EPROCESS at {address}: {fault}");
        }

        return (type & 0x7f) == ProcessObject
            ? ProcessDetails.Read(context, address)
            : throw new DebuggerException($"{address} is no process: its dispatcher header has type {type & 0x7f:x}, a process has {ProcessObject}");
    }

    private static IEnumerable<string> Unlisted(DebuggerSession session, KernelContext context, IReadOnlyList<VirtualAddress> listed, CancellationToken cancellation)
    {
        var survey = ProcessAnalyser.Analyse(session.Target, new SurveyOptions { Cancellation = cancellation });
        var text = new ExtensionText(context);
        foreach (var row in survey.Rows)
        {
            if (row.Findings.Any(finding => finding.Kind == FindingKinds.Unlinked) && !listed.Contains(row.Object))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"Not in the kernel's list, but seen by {string.Join(", ", row.SeenBy)}: PROCESS {text.Pointer(row.Object)}  Cid: {row.Pid:x4}  Image: {row.Name}");
            }
        }
    }
}
