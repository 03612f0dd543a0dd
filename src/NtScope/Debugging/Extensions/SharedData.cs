using NtScope.Kernel;

namespace NtScope.Debugging.Extensions;

/// <summary>The page that the kernel shares with all processes (_KUSER_SHARED_DATA), at its address in the kernel's half.</summary>
internal static class SharedData
{
    private const ulong Wide = 0xFFFFF780_00000000;
    private const ulong Narrow = 0xFFDF0000;

    /// <summary>The system's time in units of 100 ns since 1601; null if it cannot be read.</summary>
    public static ulong? SystemTime(KernelContext context) => Time(context, "SystemTime");

    /// <summary>How many clock ticks the system has run; null if it cannot be read.</summary>
    public static ulong? TickCount(KernelContext context) => Time(context, "TickCount");

    private static ulong? Time(KernelContext context, string field)
    {
        var page = new VirtualAddress(context.PointerSize == sizeof(ulong) ? Wide : Narrow);
        return context.OffsetOf("_KUSER_SHARED_DATA", field) is { } offset && context.Memory.TryReadUInt64(page + offset, out var time, out _) && time != 0 ? time : null;
    }
}
