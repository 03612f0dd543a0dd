using System.Text;
using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>Callbacks for events of the whole system: bug checks, shutdown, logon sessions, file systems, non-maskable interrupts.</summary>
internal static class SystemEventCallbacks
{
    private const int ShutdownFunction = 0x10;

    /// <summary>KBUGCHECK_CALLBACK_REASON, as wdm.h has it.</summary>
    private static readonly string[] Reasons =
        ["invalid", "reserved", "secondary-dump-data", "dump-io", "add-pages", "secondary-multi-part-dump-data", "remove-pages", "triage-dump-data", "reserved", "file-system-unlock"];

    /// <summary>Adds all registered routines.</summary>
    public static void Collect(CallbackCollector collector)
    {
        BugChecks(collector);
        Shutdown(collector, CallbackKinds.Shutdown, "IopNotifyShutdownQueueHead", "IoRegisterShutdownNotification");
        Shutdown(collector, CallbackKinds.LastChanceShutdown, "IopNotifyLastChanceShutdownQueueHead", "IoRegisterLastChanceShutdownNotification");
        FileSystems(collector);
        Chain(collector, CallbackKinds.LogonSession, "SeFileSystemNotifyRoutinesHead");
        if (collector.Context.Find("SeFileSystemNotifyRoutinesExHead") is not null)
        {
            Chain(collector, CallbackKinds.LogonSession, "SeFileSystemNotifyRoutinesExHead");
        }

        Chain(collector, CallbackKinds.NonMaskableInterrupt, "KiNmiCallbackListHead");
    }

    /// <summary>_KBUGCHECK_CALLBACK_RECORD and _KBUGCHECK_REASON_CALLBACK_RECORD, as wdm.h has them.</summary>
    private static void BugChecks(CallbackCollector collector)
    {
        var context = collector.Context;
        var pointer = context.PointerSize;
        foreach (var (entry, slot, findings) in collector.List(CallbackKinds.BugCheck, "KeBugCheckCallbackListHead", "KeRegisterBugCheckCallback"))
        {
            collector.Add(CallbackKinds.BugCheck, slot, context.ReadPointer(entry + 2 * pointer), Component(context, entry + 5 * pointer), findings);
        }

        foreach (var (entry, slot, findings) in collector.List(CallbackKinds.BugCheckReason, "KeBugCheckReasonCallbackListHead", "KeRegisterBugCheckReasonCallback"))
        {
            var reason = context.Memory.TryReadUInt32(entry + 5 * pointer, out var number, out _)
                ? number < Reasons.Length ? Reasons[number] : $"reason {number}"
                : null;
            var component = Component(context, entry + 3 * pointer);
            collector.Add(
                CallbackKinds.BugCheckReason,
                slot,
                context.ReadPointer(entry + 2 * pointer),
                string.Join(", ", new[] { component, reason }.Where(part => part is not null)),
                findings);
        }
    }

    /// <summary>An entry names a device; its driver's routine for IRP_MJ_SHUTDOWN is called.</summary>
    private static void Shutdown(CallbackCollector collector, string kind, string symbol, string export)
    {
        var context = collector.Context;
        foreach (var (entry, slot, findings) in collector.List(kind, symbol, export))
        {
            if (context.ReadPointer(entry + 2 * context.PointerSize) is not { } device
                || context.At("_DEVICE_OBJECT", device).Pointer("DriverObject") is not { } driver
                || context.At("_DRIVER_OBJECT", driver).AddressOf("MajorFunction") is not { } table)
            {
                collector.Add(kind, slot, null, null, [.. findings, new Finding(FindingKinds.Unreadable, "The entry's device or its driver cannot be read")]);
                continue;
            }

            collector.Add(
                kind,
                slot,
                context.ReadPointer(table + ShutdownFunction * context.PointerSize),
                $"device {device} of {context.At("_DRIVER_OBJECT", driver).Text("DriverName") ?? driver.ToString()}",
                findings);
        }
    }

    /// <summary>An entry is a link, the driver object and the routine.</summary>
    private static void FileSystems(CallbackCollector collector)
    {
        var context = collector.Context;
        foreach (var (entry, slot, findings) in collector.List(CallbackKinds.FileSystem, "IopFsNotifyChangeQueueHead", "IoRegisterFsRegistrationChange"))
        {
            var name = context.ReadPointer(entry + 2 * context.PointerSize) is { } driver ? context.At("_DRIVER_OBJECT", driver).Text("DriverName") : null;
            collector.Add(CallbackKinds.FileSystem, slot, context.ReadPointer(entry + 3 * context.PointerSize), name, findings);
        }
    }

    /// <summary>An entry of a chain is the next entry and the routine.</summary>
    private static void Chain(CallbackCollector collector, string kind, string symbol)
    {
        foreach (var (entry, slot) in collector.Chain(kind, symbol))
        {
            collector.Add(kind, slot, collector.Context.ReadPointer(entry + collector.Context.PointerSize));
        }
    }

    /// <summary>The name a driver gave its record: a pointer at ASCII text that ends with a zero.</summary>
    private static string? Component(KernelContext context, VirtualAddress place)
    {
        const int MaximumLength = 64;
        if (context.ReadPointer(place) is not { IsZero: false } text)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[MaximumLength];
        bytes = bytes[..context.Memory.Read(text, bytes, out _)];
        var end = bytes.IndexOf((byte)0);
        return end > 0 ? Encoding.Latin1.GetString(bytes[..end]) : null;
    }
}
