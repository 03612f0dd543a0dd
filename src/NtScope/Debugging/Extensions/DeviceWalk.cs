using NtScope.Kernel;

namespace NtScope.Debugging.Extensions;

/// <summary>The devices of a driver, and the stack that a device is part of.</summary>
internal static class DeviceWalk
{
    /// <summary>The devices of a driver, the newest first, as its object chains them.</summary>
    public static IReadOnlyList<VirtualAddress> DevicesOf(KernelContext context, VirtualAddress driver) =>
        Follow(context, context.At("_DRIVER_OBJECT", driver).Pointer("DeviceObject"), "NextDevice", Limits.DriverDevices);

    /// <summary>All devices of the stack that a device is in, the topmost first.</summary>
    public static IReadOnlyList<VirtualAddress> StackOf(KernelContext context, VirtualAddress device)
    {
        var bottom = device;
        var below = new HashSet<VirtualAddress> { device };
        while (below.Count < Limits.DeviceStack && LowerOf(context, bottom) is { IsZero: false } lower && below.Add(lower))
        {
            bottom = lower;
        }

        return [.. Follow(context, bottom, "AttachedDevice", Limits.DeviceStack).AsEnumerable().Reverse()];
    }

    /// <summary>The device that one is attached to; null if it cannot be read.</summary>
    public static VirtualAddress? LowerOf(KernelContext context, VirtualAddress device) =>
        context.At("_DEVICE_OBJECT", device).Pointer("DeviceObjectExtension") is { IsZero: false } extension ? context.At("_DEVOBJ_EXTENSION", extension).Pointer("AttachedTo") : null;

    private static List<VirtualAddress> Follow(KernelContext context, VirtualAddress? first, string link, int most)
    {
        var devices = new List<VirtualAddress>();
        var seen = new HashSet<VirtualAddress>();
        for (var next = first; next is { IsZero: false } device && devices.Count < most && seen.Add(device); next = context.At("_DEVICE_OBJECT", device).Pointer(link))
        {
            devices.Add(device);
        }

        return devices;
    }
}
