using System.Globalization;
using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>A thread as <c>!thread</c> shows it.</summary>
/// <param name="context">The kernel.</param>
/// <param name="thread">The thread.</param>
/// <param name="isFull">Whether more than its line and what it waits for is shown.</param>
public sealed class ThreadListing(KernelContext context, ThreadDetails thread, bool isFull) : ICommandResult
{
    private const int MostWaitBlocks = 64;
    private static readonly string[] Waitables =
    [
        "NotificationEvent", "SynchronizationEvent", "Mutant", "ProcessObject", "QueueObject", "Semaphore", "Thread", "Gate", "NotificationTimer", "SynchronizationTimer",
    ];

    /// <summary>The thread.</summary>
    public ThreadDetails Thread { get; } = thread;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<ThreadDetails>([Thread]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation) => Write(writer, context, Thread, string.Empty, isFull);

    internal static void Write(TextWriter writer, KernelContext context, ThreadDetails thread, string indentation, bool isFull)
    {
        var text = new ExtensionText(context);
        string Wide(VirtualAddress? address) => address is not { } value ? ExtensionText.Unreadable
            : value.Value.ToString(context.PointerSize == sizeof(uint) ? "x8" : "x16", CultureInfo.InvariantCulture);
        static string Id(ulong? value) => value?.ToString("x4", CultureInfo.InvariantCulture) ?? ExtensionText.Unreadable;
        var view = context.At("_ETHREAD", thread.Thread);
        writer.Write($"{indentation}THREAD {text.Pointer(thread.Thread)}  Cid {Id(thread.ProcessId)}.{Id(thread.Id)}  Teb: {Wide(thread.EnvironmentBlock)} Win32Thread: {Wide(thread.Win32Thread)} {thread.State}\n");
        foreach (var (address, kind) in WaitObjects(context, view))
        {
            writer.Write($"{indentation}    {text.Pointer(address)}  {kind}\n");
        }

        if (!isFull)
        {
            return;
        }

        var owner = view.Pointer("Tcb.Process", "ThreadsProcess");
        var attached = view.Pointer("Tcb.ApcState.Process");
        Line(view.Number("ActiveImpersonationInfo") is > 0 ? "Impersonating" : "Not impersonating");
        Line($"DeviceMap                 {(owner is { } process ? text.Pointer(context.At("_EPROCESS", process), "DeviceMap") : ExtensionText.Unreadable)}");
        Line($"Owning Process            {Wide(owner)}       Image:         {NameOf(context, owner)}");
        Line(attached is not null && attached != owner
            ? $"Attached Process          {Wide(attached)}       Image:         {NameOf(context, attached)}"
            : "Attached Process          N/A            Image:         N/A");
        Line(WaitStart(context, text, view));
        Line($"Context Switch Count      {text.Decimal(view, "Tcb.ContextSwitches"),-14} IdealProcessor: {text.Decimal(view, "Tcb.IdealProcessor")}");
        Line($"UserTime                  {text.Ticks(view, "Tcb.UserTime")}");
        Line($"KernelTime                {text.Ticks(view, "Tcb.KernelTime")}");
        Line(StartAddress(context, view));
        Line($"Stack Init {text.WidePointer(view, "Tcb.InitialStack")} Current {text.WidePointer(view, "Tcb.KernelStack")}");
        Line($"Base {text.WidePointer(view, "Tcb.StackBase")} Limit {text.WidePointer(view, "Tcb.StackLimit")} Call {text.WidePointer(view, "Tcb.CallbackStack", "Tcb.StackControl.CallbackStack")}");
        Line($"Priority {text.Decimal(view, "Tcb.Priority")} BasePriority {text.Decimal(view, "Tcb.BasePriority")} PriorityDecrement {text.Decimal(view, "Tcb.PriorityDecrement")} "
            + $"IoPriority {text.Decimal(view, "ThreadIoPriority")} PagePriority {text.Decimal(view, "ThreadPagePriority", "PagePriority", "Tcb.PagePriority")}");
        writer.Write('\n');

        void Line(string line) => writer.Write($"{indentation}{line}\n");
    }

    private static string NameOf(KernelContext context, VirtualAddress? process) =>
        process is { } address ? context.At("_EPROCESS", address).Characters("ImageFileName") ?? ExtensionText.Unreadable : ExtensionText.Unreadable;

    private static string WaitStart(KernelContext context, in ExtensionText text, in StructureView view)
    {
        var line = $"Wait Start TickCount      {text.Decimal(view, "Tcb.WaitTime"),-14}";
        return view.Number("Tcb.WaitTime") is { } start && SharedData.TickCount(context) is { } now && (uint)now >= start
            ? string.Create(CultureInfo.InvariantCulture, $"{line} Ticks: {(uint)now - start}")
            : line.TrimEnd();
    }

    private static string StartAddress(KernelContext context, in StructureView view)
    {
        var isNative = view.Pointer("Win32StartAddress") is null or { IsZero: true };
        if (view.Pointer(isNative ? "StartAddress" : "Win32StartAddress") is not { } start)
        {
            return "Start Address " + ExtensionText.Unreadable;
        }

        var symbol = context.OwnerOf(start).Symbol;
        var number = "0x" + start.Value.ToString("x16", CultureInfo.InvariantCulture);
        return $"{(isNative ? "Start Address" : "Win32 Start Address")} {(symbol is null ? number : $"{symbol} ({number})")}";
    }

    // Wait blocks stand in a list, or one behind the other: each names its object.
    private static IEnumerable<(VirtualAddress Address, string Kind)> WaitObjects(KernelContext context, StructureView view)
    {
        const ulong WaitingState = 5;
        if (view.Number("Tcb.State") != WaitingState || view.Pointer("Tcb.WaitBlockList") is not { IsZero: false } block)
        {
            yield break;
        }

        var size = context.SizeOf("_KWAIT_BLOCK");
        var count = Math.Min(view.Number("Tcb.WaitBlockCount") ?? 1, MostWaitBlocks);
        for (ulong i = 0; i < count && size > 0; i++)
        {
            if (context.At("_KWAIT_BLOCK", block + (i * size)).Pointer("Object") is { IsZero: false } waited && context.Memory.TryReadByte(waited, out var type, out _))
            {
                yield return (waited, (type & 0x7f) < Waitables.Length ? Waitables[type & 0x7f] : $"Object of type {type & 0x7f:x}");
            }
        }
    }
}
