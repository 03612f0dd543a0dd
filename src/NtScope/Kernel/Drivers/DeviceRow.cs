using System.Globalization;
using NtScope.Reports;

namespace NtScope.Kernel.Drivers;

/// <summary>A device of a driver, with what is attached above it.</summary>
/// <param name="Object">Where its _DEVICE_OBJECT is.</param>
/// <param name="Name">Its name in the namespace; null if it has none. Untrusted text.</param>
/// <param name="DeviceType">Its type as the driver gave it (FILE_DEVICE_...).</param>
/// <param name="Stack">The drivers of the devices attached above it, nearest first.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record DeviceRow(VirtualAddress Object, string? Name, uint? DeviceType, IReadOnlyList<string> Stack, IReadOnlyList<Finding> Findings)
    : IReportRow<DeviceRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("object", "Device"),
        new("name", "Name"),
        new("deviceType", "Type"),
        new("stack", "Attached above"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Address(Object),
        1 => Cell.Text(Name),
        2 => Cell.Text(DeviceType is { } type ? "0x" + type.ToString("x", CultureInfo.InvariantCulture) : null),
        3 => Cell.Texts(Stack),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
