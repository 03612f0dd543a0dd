namespace NtScope.Windows.VirtualDesktops;

/// <summary>
/// Where the methods of IVirtualDesktopManagerInternal stand in its table. The interface is not documented; the order is public knowledge of
/// those who call it, and the interface's identifier alone does not tell it: {B2F925B9-...} has two.
/// </summary>
/// <param name="TakesMonitor">Whether methods about the present take a monitor or window handle first, which may be null.</param>
/// <param name="GetDesktops">The slot of GetDesktops; IUnknown has 0 to 2.</param>
/// <param name="SwitchDesktop">The slot of SwitchDesktop.</param>
internal readonly record struct ManagerInternalSlots(bool TakesMonitor, int GetDesktops, int SwitchDesktop)
{
    /// <summary>The slot of MoveViewToDesktop, the same in all.</summary>
    public const int MoveViewToDesktop = 4;

    private const int Windows11 = 22000;
    private const int Windows11Version22H2 = 22621;
    private static readonly Guid PlainWindows10 = new("f31574d6-b682-4cdc-bd56-1827860abec6");
    private static readonly Guid WithMonitorServer2022 = new("094afe11-44f2-4ba0-976f-29a97e263ee0");
    private static readonly Guid WithMonitorWindows11 = new("b2f925b9-5a0f-4d2e-9f4d-2b1507593c10");
    private static readonly Guid Plain22621 = new("a3175f2d-239c-4bd2-8aa0-eeba8b0b138e");
    private static readonly Guid PlainLater = new("53f5ca0b-158f-4124-900c-057158060b27");
    private static readonly Guid Plain26100 = new("4970ba3d-fd4e-4647-bea3-d89076ef4b9c");

    /// <summary>The order of an interface on a build; null if it is not known, and then nothing may be called.</summary>
    public static ManagerInternalSlots? For(Guid interfaceId, int build)
    {
        if (interfaceId == PlainWindows10 || interfaceId == Plain22621 || interfaceId == PlainLater || interfaceId == Plain26100)
        {
            return new ManagerInternalSlots(false, 7, 9);
        }

        if (interfaceId == WithMonitorServer2022)
        {
            return new ManagerInternalSlots(true, 7, 9);
        }

        // 22H2 put GetAllCurrentDesktops before GetDesktops and kept the identifier; of the builds between nothing is known.
        return (interfaceId == WithMonitorWindows11, build) switch
        {
            (true, Windows11) => new ManagerInternalSlots(true, 7, 9),
            (true, >= Windows11Version22H2) => new ManagerInternalSlots(true, 8, 10),
            _ => null,
        };
    }
}
