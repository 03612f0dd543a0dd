using NtScope.Kernel;

namespace NtScope.Callbacks;

/// <summary>
/// The list of registry callbacks since Vista (nt!CallbackListHead). Its entries are in no symbol file: link, a lock word, cookie, context,
/// routine, altitude, on multiples of eight bytes.
/// </summary>
internal static class RegistryCallbacks
{
    /// <summary>Adds all registered routines.</summary>
    public static void Collect(CallbackCollector collector)
    {
        var context = collector.Context;
        if (context.Kernel.Version is { Major: < 6 })
        {
            return;
        }

        var pointer = context.PointerSize;
        var cookie = pointer == sizeof(ulong) ? 0x18u : 0x10u;
        foreach (var (entry, slot, findings) in collector.List(CallbackKinds.Registry, "CallbackListHead", "CmRegisterCallback"))
        {
            var altitude = KernelText.ReadCounted(context.Memory, entry + cookie + 8 + 2 * pointer, out _);
            collector.Add(
                CallbackKinds.Registry,
                slot,
                context.ReadPointer(entry + cookie + 8 + pointer),
                string.IsNullOrEmpty(altitude) ? null : $"altitude {altitude}",
                findings);
        }
    }
}
