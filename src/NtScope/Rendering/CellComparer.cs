using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>Orders the cells of one column: numbers, addresses and flags by value, the rest as text without case.</summary>
internal sealed class CellComparer : IComparer<Cell>
{
    public static CellComparer Instance { get; } = new();

    public int Compare(Cell x, Cell y)
    {
        if (x.Kind != y.Kind)
        {
            return x.Kind.CompareTo(y.Kind);
        }

        return x.Kind switch
        {
            CellKind.Number => x.NumberValue.CompareTo(y.NumberValue),
            CellKind.Address or CellKind.Raw or CellKind.Flag => x.RawValue.CompareTo(y.RawValue),
            CellKind.Text => StringComparer.OrdinalIgnoreCase.Compare(x.TextValue, y.TextValue),
            CellKind.Texts => StringComparer.OrdinalIgnoreCase.Compare(string.Join(' ', x.TextValues), string.Join(' ', y.TextValues)),
            CellKind.Rows => x.Table.RowCount.CompareTo(y.Table.RowCount),
            _ => 0,
        };
    }
}
