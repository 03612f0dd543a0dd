namespace NtScope.Desktops;

/// <summary>What a desktop is for, as far as its name and its processes tell.</summary>
public enum DesktopRole
{
    /// <summary>Nothing known fits.</summary>
    None,

    /// <summary><c>Default</c>: where programs start unless they are told otherwise.</summary>
    Default,

    /// <summary><c>Winlogon</c>: logon, lock screen, consent prompts.</summary>
    Secure,

    /// <summary><c>Screen-saver</c>: a secure screen saver.</summary>
    ScreenSaver,

    /// <summary><c>Disconnect</c>: shown to a disconnected session.</summary>
    Disconnect,

    /// <summary><c>sbox_alternate_desktop_*</c>: where Chromium keeps its sandboxed processes.</summary>
    BrowserSandbox,

    /// <summary>A password prompt of KeePass on a desktop of its own.</summary>
    PasswordPrompt,

    /// <summary>Made by this program's manager or agent.</summary>
    Managed,
}
