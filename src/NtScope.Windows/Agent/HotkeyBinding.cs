namespace NtScope.Windows.Agent;

/// <summary>A key and what it does.</summary>
/// <param name="Text">The key as the file writes it (<c>Alt+1</c>).</param>
/// <param name="Modifiers">The MOD_ bits of RegisterHotKey.</param>
/// <param name="VirtualKey">The virtual key code.</param>
/// <param name="Action">What it does.</param>
/// <param name="Argument">The desktop's number or name, or the overview's direction; empty if the action takes none.</param>
internal sealed record HotkeyBinding(string Text, uint Modifiers, uint VirtualKey, HotkeyAction Action, string Argument);
