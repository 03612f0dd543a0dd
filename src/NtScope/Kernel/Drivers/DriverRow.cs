using NtScope.Reports;

namespace NtScope.Kernel.Drivers;

/// <summary>A driver object: a row of <c>ntscope.drivers/1</c>.</summary>
/// <param name="Name">Its path in the namespace (<c>\Driver\Null</c>). Untrusted text.</param>
/// <param name="Object">Where its _DRIVER_OBJECT is.</param>
/// <param name="Module">The loaded module that begins where it says; null if there is none.</param>
/// <param name="Start">Where its image begins, as the object says (DriverStart).</param>
/// <param name="Size">The image's size in bytes, as the object says.</param>
/// <param name="Init">Its DriverEntry as started (DriverInit).</param>
/// <param name="Unload">Its unload routine; null if it has none.</param>
/// <param name="Devices">Its devices.</param>
/// <param name="Dispatch">Its dispatch table.</param>
/// <param name="SeenBy">What showed it: the namespace, the pool, a device.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record DriverRow(
    string Name,
    VirtualAddress Object,
    string? Module,
    VirtualAddress? Start,
    long? Size,
    VirtualAddress? Init,
    VirtualAddress? Unload,
    IReadOnlyList<DeviceRow> Devices,
    IReadOnlyList<DispatchRow> Dispatch,
    IReadOnlyList<string> SeenBy,
    IReadOnlyList<Finding> Findings) : IReportRow<DriverRow>
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.drivers/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("name", "Driver"),
        new("object", "Object"),
        new("module", "Module"),
        new("start", "Start"),
        new("size", "Size", AlignRight: true),
        new("init", "Entry", Shown: false),
        new("unload", "Unload", Shown: false),
        new("devices", "Devices", Shown: false),
        new("dispatch", "Dispatch", Shown: false),
        new("seenBy", "Seen by"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Name),
        1 => Cell.Address(Object),
        2 => Cell.Text(Module),
        3 => Cell.Address(Start),
        4 => Cell.Number(Size),
        5 => Cell.Address(Init),
        6 => Cell.Address(Unload),
        7 => Cell.Rows(new ReportTable<DeviceRow>(Devices)),
        8 => Cell.Rows(new ReportTable<DispatchRow>(Dispatch)),
        9 => Cell.Texts(SeenBy),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
