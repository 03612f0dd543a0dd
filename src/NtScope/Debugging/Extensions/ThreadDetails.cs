using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>What <c>!thread</c> says of a thread in short.</summary>
/// <param name="Thread">Its _ETHREAD.</param>
/// <param name="ProcessId">Its process's ID; null if it cannot be read.</param>
/// <param name="Id">Its ID; null if it cannot be read.</param>
/// <param name="EnvironmentBlock">Its TEB; null if it cannot be read.</param>
/// <param name="Win32Thread">Its win32k structure, zero if it has none; null if it cannot be read.</param>
/// <param name="State">What it does: <c>WAIT: (UserRequest) UserMode Non-Alertable</c>, <c>RUNNING on processor 0</c>.</param>
/// <param name="Findings">What could not be read.</param>
public sealed record ThreadDetails(
    VirtualAddress Thread,
    ulong? ProcessId,
    ulong? Id,
    VirtualAddress? EnvironmentBlock,
    VirtualAddress? Win32Thread,
    string State,
    IReadOnlyList<Finding> Findings) : IReportRow<ThreadDetails>
{
    private const ulong Ready = 1;
    private const ulong Running = 2;
    private const ulong Waiting = 5;
    private static readonly string[] States = ["INIT", "READY", "RUNNING", "STANDBY", "TERMINATED", "WAIT", "TRANSITION", "DEFERREDREADY", "GATEWAIT", "WAITINGFORPROCESSINSWAP"];

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("thread", "Thread"), new("processId", "Process Cid"), new("id", "Cid"), new("environmentBlock", "Teb"), new("win32Thread", "Win32Thread"), new("state", "State"),
    ];

    /// <summary>The threads of a process, in the order of its list.</summary>
    public static IReadOnlyList<ThreadDetails> ListOf(KernelContext context, VirtualAddress process)
    {
        if (context.OffsetOf("_ETHREAD", "ThreadListEntry") is not { } offset || context.At("_EPROCESS", process).AddressOf("ThreadListHead") is not { } head)
        {
            return [];
        }

        return [.. ListWalk.Read(context.Memory, head).Links.Select(link => Read(context, link - offset))];
    }

    /// <summary>Reads a thread.</summary>
    /// <param name="context">The kernel.</param>
    /// <param name="address">Its _ETHREAD.</param>
    public static ThreadDetails Read(KernelContext context, VirtualAddress address)
    {
        var findings = new List<Finding>();
        var view = context.At("_ETHREAD", address, findings);
        return new ThreadDetails(
            address,
            view.Number("Cid.UniqueProcess"),
            view.Number("Cid.UniqueThread"),
            view.Pointer("Tcb.Teb"),
            view.Pointer("Tcb.Win32Thread"),
            Describe(context, view),
            findings);
    }

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Address(Thread),
        1 => Cell.Number((long?)ProcessId),
        2 => Cell.Number((long?)Id),
        3 => Cell.Address(EnvironmentBlock),
        4 => Cell.Address(Win32Thread),
        _ => Cell.Text(State),
    };

    private static string Describe(KernelContext context, in StructureView view)
    {
        if (view.Number("Tcb.State") is not { } state)
        {
            return ExtensionText.Unreadable;
        }

        var text = new ExtensionText(context);
        if (state >= (ulong)States.Length)
        {
            return $"UNKNOWN ({state})";
        }

        var name = States[state];
        return state switch
        {
            Ready or Running => $"{name} on processor {text.Hexadecimal(view, 1, "Tcb.NextProcessor")}",
            Waiting => $"{name}: ({(view.Number("Tcb.WaitReason") is { } reason ? text.Constant("_KWAIT_REASON", reason) : ExtensionText.Unreadable)}) "
                + $"{(view.Number("Tcb.WaitMode") == 0 ? "KernelMode" : "UserMode")} {(view.Number("Tcb.Alertable") is > 0 ? "Alertable" : "Non-Alertable")}",
            _ => name,
        };
    }
}
