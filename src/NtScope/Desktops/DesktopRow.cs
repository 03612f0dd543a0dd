using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>
/// A desktop, live or captured: a row of <c>ntscope.desktops/1</c>. A window station whose desktops cannot be listed is a row without a name,
/// and its findings say why.
/// </summary>
public sealed record DesktopRow : IReportRow<DesktopRow>
{
    /// <summary>The terminal services session; null if nothing says which.</summary>
    public int? Session { get; init; }

    /// <summary>The window station (<c>WinSta0</c>); null for a desktop that is known by a handle only.</summary>
    public string? WindowStation { get; init; }

    /// <summary>The desktop's name; null where the station's desktops could not be listed.</summary>
    public string? Name { get; init; }

    /// <summary>What a desktop of this name is for, if it is a known one.</summary>
    public DesktopRole Role { get; init; }

    /// <summary>Whether it receives the user's input; null if that could not be found out.</summary>
    public bool? Input { get; init; }

    /// <summary>The desktop object in kernel memory; null if the source does not show it.</summary>
    public VirtualAddress? Object { get; init; }

    /// <summary>What showed it: <c>enumeration</c>, <c>namespace</c>, <c>name</c> (not listed, but opening it shows it), <c>handles</c>, <c>threads</c>; in a capture <c>list</c>, <c>pool</c>.</summary>
    public IReadOnlyList<string> SeenBy { get; init; } = [];

    /// <summary>The flags of USEROBJECTFLAGS.dwFlags (1 is DF_ALLOWOTHERACCOUNTHOOK); null if unread.</summary>
    public uint? Flags { get; init; }

    /// <summary>The size of its heap in KiB (UOI_HEAPSIZE, tagDESKTOP.ulHeapSize); null if unread.</summary>
    public uint? HeapKilobytes { get; init; }

    /// <summary>The SID of the user whose session owns it (UOI_USER_SID); null if there is none or it is unread.</summary>
    public string? User { get; init; }

    /// <summary>Its security descriptor as SDDL; null if unread.</summary>
    public string? Sddl { get; init; }

    /// <summary>The descriptor in words: one sentence for each thing that may be done to a desktop.</summary>
    public IReadOnlyList<string> Access { get; init; } = [];

    /// <summary>The processes that have threads on it.</summary>
    public IReadOnlyList<DesktopProcess> Processes { get; init; } = [];

    /// <summary>Other processes that hold a handle to it; unread for Default, which every process holds, and in a capture.</summary>
    public IReadOnlyList<DesktopProcess> Holders { get; init; } = [];

    /// <summary>The threads that are bound to it.</summary>
    public IReadOnlyList<DesktopThread> Threads { get; init; } = [];

    /// <summary>Its windows, topmost first.</summary>
    public IReadOnlyList<DesktopWindow> Windows { get; init; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("session", "Session", AlignRight: true),
        new("windowStation", "Station"),
        new("name", "Desktop"),
        new("role", "Role"),
        new("input", "Input"),
        new("object", "Object", Shown: false),
        new("seenBy", "Seen by", Shown: false),
        new("flags", "Flags", Shown: false),
        new("heapSize", "Heap KiB", Shown: false, AlignRight: true),
        new("sid", "User", Shown: false),
        new("sddl", "SDDL", Shown: false),
        new("access", "Access", Shown: false),
        new("processes", "Processes"),
        new("holders", "Held by", Shown: false),
        new("threads", "Threads", Shown: false),
        new("windows", "Windows", Shown: false),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Session),
        1 => Cell.Text(WindowStation),
        2 => Cell.Text(Name),
        3 => Cell.Text(Role.ToText()),
        4 => Cell.Flag(Input),
        5 => Cell.Address(Object),
        6 => Cell.Texts(SeenBy),
        7 => Cell.Raw(Flags, 8),
        8 => Cell.Number(HeapKilobytes),
        9 => Cell.Text(User),
        10 => Cell.Text(Sddl),
        11 => Cell.Texts(Access),
        12 => Cell.Rows(new ReportTable<DesktopProcess>(Processes)),
        13 => Cell.Rows(new ReportTable<DesktopProcess>(Holders)),
        14 => Cell.Rows(new ReportTable<DesktopThread>(Threads)),
        15 => Cell.Rows(new ReportTable<DesktopWindow>(Windows)),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
