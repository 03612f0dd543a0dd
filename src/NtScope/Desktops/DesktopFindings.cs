using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>The findings of desktops: their kinds, for programs, and their sentences.</summary>
public static class DesktopFindings
{
    /// <summary>A desktop that nobody knows and nobody sees, with processes on it.</summary>
    public const string HiddenDesktop = "hidden-desktop";

    /// <summary>A right that the reader lacks; the row is incomplete for want of it.</summary>
    public const string AccessDenied = "access-denied";

    /// <summary>A call or a read that failed for another reason than rights.</summary>
    public const string Unread = "unread";

    /// <summary>A window station that the object namespace holds and the enumeration does not show.</summary>
    public const string NotEnumerated = "not-enumerated";

    /// <summary>A window station of another session: its desktops cannot be opened from here.</summary>
    public const string OtherSession = "other-session";

    /// <summary>A desktop that only a handle in some process shows.</summary>
    public const string SeenByHandleOnly = "seen-by-handle-only";

    /// <summary>Threads own windows that belong to no desktop that could be listed.</summary>
    public const string UnplacedWindows = "unplaced-windows";

    /// <summary>One view of a capture shows the object and the other does not.</summary>
    public const string ViewsDisagree = "views-disagree";

    /// <summary>A list of a capture is cyclic, leaves its heap, or is longer than any real one.</summary>
    public const string BrokenList = "broken-list";

    /// <summary>A right is missing.</summary>
    /// <param name="right">The right by its header's name (<c>DESKTOP_ENUMERATE</c>).</param>
    /// <param name="subject">The object that refused.</param>
    /// <param name="consequence">What is not known for want of it.</param>
    public static Finding Denied(string right, string subject, string consequence) =>
        new(AccessDenied, $"{right} is denied on {subject}: {consequence}");
}
