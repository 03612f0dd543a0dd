namespace NtScope.Desktops.Captured;

/// <summary>A desktop object of a capture.</summary>
/// <param name="Object">Its tagDESKTOP.</param>
/// <param name="Station">The station it says it belongs to.</param>
/// <param name="SeenBy">What showed it: <c>list</c>, <c>pool</c>.</param>
internal sealed record CapturedDesktop(VirtualAddress Object, VirtualAddress Station, List<string> SeenBy);
