namespace NtScope.Desktops;

/// <summary>Tells known desktops by name; a name that anybody could choose counts only with what belongs to it.</summary>
public static class DesktopRoles
{
    private const string SandboxPrefix = "sbox_alternate_desktop_";
    private const int KeePassNameLength = 15;

    /// <summary>The role of a desktop.</summary>
    /// <param name="desktop">The desktop with its processes and windows.</param>
    /// <param name="managed">The names of the desktops that this program keeps.</param>
    public static DesktopRole Of(DesktopRow desktop, IReadOnlyCollection<string> managed)
    {
        if (desktop.Name is not { } name)
        {
            return DesktopRole.None;
        }

        if (Same(name, "Default"))
        {
            return DesktopRole.Default;
        }

        if (Same(name, "Winlogon"))
        {
            return DesktopRole.Secure;
        }

        if (Same(name, "Screen-saver"))
        {
            return DesktopRole.ScreenSaver;
        }

        if (Same(name, "Disconnect"))
        {
            return DesktopRole.Disconnect;
        }

        if (managed.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return DesktopRole.Managed;
        }

        // Chromium's sandboxed processes show nothing; a desktop of that name with something to see is not theirs.
        if (name.StartsWith(SandboxPrefix, StringComparison.Ordinal))
        {
            return desktop.Windows.Any(static window => window.Visible == true) ? DesktopRole.None : DesktopRole.BrowserSandbox;
        }

        // KeePass takes "D" and letters and digits of a random number, fifteen characters in all.
        return name.Length == KeePassNameLength && name[0] == 'D' && name.All(char.IsAsciiLetterOrDigit)
            && desktop.Processes.Count > 0 && desktop.Processes.All(static process => Same(process.Name, "KeePass.exe"))
            ? DesktopRole.PasswordPrompt
            : DesktopRole.None;
    }

    /// <summary>The role as reports write it; null for none.</summary>
    public static string? ToText(this DesktopRole role) => role switch
    {
        DesktopRole.Default => "default",
        DesktopRole.Secure => "secure",
        DesktopRole.ScreenSaver => "screen-saver",
        DesktopRole.Disconnect => "disconnect",
        DesktopRole.BrowserSandbox => "browser-sandbox",
        DesktopRole.PasswordPrompt => "password-prompt",
        DesktopRole.Managed => "managed",
        _ => null,
    };

    private static bool Same(string? left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
