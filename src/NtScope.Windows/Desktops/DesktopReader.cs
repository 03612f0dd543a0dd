using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Reads a desktop of the process's window station.</summary>
[SupportedOSPlatform("windows")]
internal static class DesktopReader
{
    private static readonly AccessRight[] WantedRights =
        [.. DesktopRights.OfDesktop.Where(static right => (right.Mask & (DesktopRights.ReadObjects | DesktopRights.Enumerate | DesktopRights.ReadControl)) != 0)];

    /// <summary>The name of the desktop that receives input.</summary>
    public static Outcome<string> ReadInputName()
    {
        using var input = User32.OpenInputDesktop(0, inherit: false, DesktopRights.ReadObjects);
        return input.IsInvalid ? Outcome<string>.Failed(Marshal.GetLastPInvokeError()) : UserObject.ReadName(input.Value);
    }

    /// <summary>Whether there is a desktop of this name, may it be opened or not.</summary>
    public static bool Exists(string name)
    {
        using var desktop = User32.OpenDesktop(name, 0, inherit: false, DesktopRights.ReadObjects);
        return !desktop.IsInvalid || Marshal.GetLastPInvokeError() == ErrorText.AccessDenied;
    }

    /// <summary>Reads a desktop that another process holds open, with the rights that the handle there grants.</summary>
    public static DesktopFacts ReadHeld(DesktopHandleFacts held)
    {
        using var desktop = HandleTable.Copy(held.Owner, held.Handle);
        return desktop is null
            ? new DesktopFacts { Name = held.Name, OpenError = ErrorText.AccessDenied, MissingRights = WantedRights, Input = new(false) }
            : Read(desktop, held.Name, RightsProbe.Missing(desktop.Value, WantedRights), new(false));
    }

    /// <summary>Reads the desktop of this name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="input">The input desktop's name, for systems that do not answer UOI_IO.</param>
    public static DesktopFacts Read(string name, Outcome<string> input)
    {
        using var desktop = RightsProbe.Open(WantedRights, access => User32.OpenDesktop(name, 0, inherit: false, access), out var missing, out var error);
        var byName = input.IsKnown ? new Outcome<bool>(string.Equals(name, input.Value, StringComparison.OrdinalIgnoreCase)) : Outcome<bool>.Failed(input.Error);
        return desktop is null
            ? new DesktopFacts { Name = name, OpenError = error, MissingRights = missing, Input = byName }
            : Read(desktop, name, missing, byName);
    }

    private static DesktopFacts Read(DesktopHandle desktop, string name, IReadOnlyList<AccessRight> missing, Outcome<bool> byName)
    {
        var asked = UserObject.ReadInput(desktop.Value);
        return new DesktopFacts
        {
            Name = name,
            MissingRights = missing,
            Input = asked.IsKnown ? asked : byName,
            Flags = UserObject.ReadFlags(desktop.Value),
            HeapKilobytes = UserObject.ReadHeapKilobytes(desktop.Value),
            User = UserObject.ReadUser(desktop.Value),
            SecurityDescriptor = UserObject.ReadSecurity(desktop.Value),
            Windows = WindowReader.OfDesktop(desktop),
        };
    }
}
