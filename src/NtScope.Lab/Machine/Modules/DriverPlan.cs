namespace NtScope.Lab.Machine.Modules;

/// <summary>A driver to load at boot.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Size">Its size as mapped, in bytes.</param>
/// <param name="Object">The name of its driver object; null for a library of the kernel.</param>
/// <param name="Devices">The names of its devices.</param>
internal sealed record DriverPlan(string Name, uint Size, string? Object, params string[] Devices)
{
    /// <summary>Whether its driver object stands among the file systems.</summary>
    public bool IsFileSystem => Object is "Ntfs" or "FltMgr" or "WdFilter" or "FileInfo" or "luafv";

    /// <summary>The filter manager.</summary>
    public static DriverPlan FilterManager { get; } = new("fltmgr.sys", 0x2_C000, "FltMgr", "FltMgr");

    /// <summary>What stands in the list behind the kernel, in order.</summary>
    public static IReadOnlyList<DriverPlan> All { get; } =
    [
        new("hal.dll", 0x4_A000, null),
        new("kdcom.dll", 0x1_1000, null),
        new("ci.dll", 0x3_0000, null),
        FilterManager,
        new("ksecdd.sys", 0x2_1000, "KSecDD", "KsecDD"),
        new("cng.sys", 0x3_8000, "CNG", "CNG"),
        new("acpi.sys", 0x2_4000, "ACPI"),
        new("pci.sys", 0x2_8000, "pci"),
        new("disk.sys", 0x1_C000, "disk", "Harddisk0"),
        new("volmgr.sys", 0x1_A000, "volmgr", "HarddiskVolume1", "HarddiskVolume2"),
        new("ntfs.sys", 0x4_E000, "Ntfs", "Ntfs"),
        new("tcpip.sys", 0x5_A000, "Tcpip", "Tcp", "Udp"),
        new("afd.sys", 0x2_A000, "AFD", "Afd"),
        new("null.sys", 0xA000, "Null", "Null"),
        new("beep.sys", 0xA000, "Beep", "Beep"),
        new("kbdclass.sys", 0x1_4000, "kbdclass", "KeyboardClass0"),
        new("mouclass.sys", 0x1_3000, "mouclass", "PointerClass0"),
        new("http.sys", 0x3_6000, "HTTP"),
        new("WdFilter.sys", 0x2_8000, "WdFilter"),
        new("fileinfo.sys", 0x1_4000, "FileInfo"),
        new("luafv.sys", 0x1_6000, "luafv"),
    ];
}
