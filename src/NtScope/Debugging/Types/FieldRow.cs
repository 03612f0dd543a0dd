using NtScope.Reports;

namespace NtScope.Debugging.Types;

/// <summary>A field as <c>dt</c> shows it.</summary>
/// <param name="Depth">How many structures it is inside of, without the outermost.</param>
/// <param name="Offset">Bytes from the start of the structure it belongs to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Text">Its type or its value; null if what it holds could not be read.</param>
/// <param name="Address">Where it is; null without an address.</param>
public sealed record FieldRow(int Depth, uint Offset, string Name, string? Text, VirtualAddress? Address) : IReportRow<FieldRow>
{
    /// <summary>Whether it holds a pointer.</summary>
    public bool IsPointer { get; init; }

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("depth", "Depth", AlignRight: true), new("offset", "Offset", AlignRight: true), new("name", "Name"), new("text", "Type or value"), new("address", "Address"),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => Text is null ? [new Finding("unreadable", $"{Address} cannot be read")] : [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Depth),
        1 => Cell.Number(Offset),
        2 => Cell.Text(Name),
        3 => Cell.Text(Text?.Trim()),
        _ => Cell.Address(Address),
    };
}
