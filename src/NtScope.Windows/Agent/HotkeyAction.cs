namespace NtScope.Windows.Agent;

/// <summary>What a hotkey does.</summary>
internal enum HotkeyAction
{
    /// <summary>Switches to a desktop by number (counted from 1) or by name.</summary>
    Switch,

    /// <summary>Switches to the next desktop.</summary>
    Next,

    /// <summary>Switches to the previous desktop.</summary>
    Previous,

    /// <summary>Shows the overview.</summary>
    Overview,
}
