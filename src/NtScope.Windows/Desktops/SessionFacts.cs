namespace NtScope.Windows.Desktops;

/// <summary>A terminal services session.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">The name of its WinStation (<c>Console</c>, <c>RDP-Tcp#3</c>); null if it has none.</param>
/// <param name="State">Its state in a word (WTS_CONNECTSTATE_CLASS).</param>
/// <param name="User">Who is logged on; null for nobody.</param>
internal sealed record SessionFacts(int Id, string? Name, string State, string? User);
