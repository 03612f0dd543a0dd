namespace NtScope.Desktops.Captured;

/// <summary>A window station object of a capture.</summary>
/// <param name="Object">Its tagWINDOWSTATION.</param>
/// <param name="Name">Its name; null if unread. Untrusted text.</param>
/// <param name="Session">Its session; null if unread.</param>
/// <param name="SeenBy">What showed it: <c>namespace</c>, <c>pool</c>, <c>desktops</c>.</param>
internal sealed record CapturedStation(VirtualAddress Object, string? Name, int? Session, List<string> SeenBy);
