using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary>A frame of a stack as a row.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Return">Where it returns to; null for the outermost.</param>
/// <param name="Place">Its place by name; null without one.</param>
public sealed record FrameRow(ExecutionFrame Frame, VirtualAddress? Return, string? Place) : IReportRow<FrameRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
        [new("stackPointer", "Child-SP"), new("return", "RetAddr"), new("address", "Address"), new("place", "Call Site")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Address(Frame.StackPointer),
        1 => Cell.Address(Return),
        2 => Cell.Address(Frame.Address),
        _ => Cell.Text(Place),
    };
}
