using NtScope.Lab.Machine.Modules;

namespace NtScope.Lab.Machine.Callbacks;

/// <summary>What the drivers of a user's Windows register with the kernel and with the filter manager.</summary>
internal static class UsualCallbacks
{
    /// <summary>Registers routines of nine kinds.</summary>
    public static void Register(CallbackBuilder callbacks, DriverLoader drivers)
    {
        var (defender, network, cryptography, files) = (drivers.Find("WdFilter.sys"), drivers.Find("tcpip.sys"), drivers.Find("cng.sys"), drivers.Find("ntfs.sys"));
        callbacks.AddNotify("process", Routine(cryptography, 30));
        callbacks.AddNotify("process", Routine(defender, 31));
        callbacks.AddNotify("process", Routine(network, 32));
        callbacks.AddNotify("thread", Routine(defender, 33));
        callbacks.AddNotify("image", Routine(defender, 34));
        callbacks.AddRegistry(Routine(defender, 35), "328010");
        callbacks.AddObject(Routine(defender, 36), Routine(defender, 37), "328010");
        callbacks.AddBugCheck(network.Image, Routine(network, 38), withReason: false);
        callbacks.AddBugCheck(defender.Image, Routine(defender, 39), withReason: true);
        callbacks.AddShutdown(files);
        callbacks.AddLogonSession(Routine(files, 40));
    }

    /// <summary>Registers three minifilters.</summary>
    public static void Register(FilterManagerBuilder filters, DriverLoader drivers)
    {
        filters.Register(drivers.Find("WdFilter.sys"), "WdFilter", "328010", 0, 4, 6, 18);
        filters.Register(drivers.Find("luafv.sys"), "luafv", "135000", 0, 2, 12);
        filters.Register(drivers.Find("fileinfo.sys"), "FileInfo", "40500", 0, 18);
    }

    private static VirtualAddress Routine(MachineDriver driver, int number) => driver.Image.Base + DriverImageWriter.Routine(number);
}
