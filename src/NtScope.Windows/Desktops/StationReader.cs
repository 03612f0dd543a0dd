using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Reads the window stations of this session.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class StationReader
{
    private const uint VisibleStation = 1;

    // Desktops of Windows that EnumDesktops leaves out for whom they deny DESKTOP_ENUMERATE.
    private static readonly string[] KnownNames = ["Winlogon", "Disconnect", "Screen-saver"];

    /// <summary>The names that EnumWindowStations gives.</summary>
    public static Outcome<IReadOnlyList<string>> Enumerate()
    {
        var names = new NameCollector();
        using var context = names.Pin();
        return User32.EnumWindowStations(&NameCollector.Add, context.Value)
            ? new(names.Names)
            : Outcome<IReadOnlyList<string>>.Failed(Marshal.GetLastPInvokeError());
    }

    /// <summary>A station with all its desktops, as far as its rights go.</summary>
    public static StationFacts Read(string name)
    {
        using var station = RightsProbe.Open(DesktopRights.OfStation, access => User32.OpenWindowStation(name, inherit: false, access), out var missing, out var error);
        if (station is null)
        {
            return new StationFacts { Name = name, OpenError = error, MissingRights = missing, Desktops = Outcome<IReadOnlyList<DesktopFacts>>.Failed(error) };
        }

        var names = Desktops(station.Value);
        if (!names.IsKnown)
        {
            return new StationFacts { Name = name, MissingRights = missing, Desktops = Outcome<IReadOnlyList<DesktopFacts>>.Failed(names.Error) };
        }

        // OpenDesktop looks in the process's own station, so the process visits the other one.
        var home = User32.GetProcessWindowStation();
        var isHome = string.Equals(UserObject.ReadName(home).Value, name, StringComparison.OrdinalIgnoreCase);
        if (!isHome && !User32.SetProcessWindowStation(station.Value))
        {
            var refused = Marshal.GetLastPInvokeError();
            return new StationFacts { Name = name, MissingRights = missing, Desktops = new([.. names.Value!.Select(desktop => new DesktopFacts { Name = desktop, OpenError = refused })]) };
        }

        try
        {
            // A station that is not visible never has the user's input.
            var flags = UserObject.ReadFlags(station.Value);
            var isVisible = !flags.IsKnown || (flags.Value & VisibleStation) != 0;
            var input = isVisible ? DesktopReader.ReadInputName() : new Outcome<string>("");
            var unlisted = isVisible ? KnownNames.Except(names.Value!, StringComparer.OrdinalIgnoreCase).Where(DesktopReader.Exists) : [];
            return new StationFacts
            {
                Name = name,
                MissingRights = missing,
                Desktops = new([
                    .. names.Value!.Select(desktop => DesktopReader.Read(desktop, input)),
                    .. unlisted.Select(desktop => DesktopReader.Read(desktop, input) with { IsListed = false }),
                ]),
            };
        }
        finally
        {
            if (!isHome)
            {
                User32.SetProcessWindowStation(home);
            }
        }
    }

    /// <summary>The names of a station's desktops.</summary>
    public static Outcome<IReadOnlyList<string>> Desktops(nint station)
    {
        var names = new NameCollector();
        using var context = names.Pin();
        return User32.EnumDesktops(station, &NameCollector.Add, context.Value)
            ? new(names.Names)
            : Outcome<IReadOnlyList<string>>.Failed(Marshal.GetLastPInvokeError());
    }
}
