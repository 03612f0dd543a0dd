namespace NtScope.Reports;

/// <summary>One value of a row, with the kind that tells a renderer how to write it.</summary>
public readonly struct Cell
{
    private readonly object? _reference;
    private readonly ulong _value;

    private Cell(CellKind kind, object? reference, ulong value, int width)
    {
        Kind = kind;
        _reference = reference;
        _value = value;
        Width = width;
    }

    /// <summary>A cell without a value.</summary>
    public static Cell Empty => default;

    /// <summary>What it holds.</summary>
    public CellKind Kind { get; }

    /// <summary>Hexadecimal digits that a raw value is padded to; 0 for other kinds.</summary>
    public int Width { get; }

    /// <summary>The text of a text cell.</summary>
    public string TextValue => (string)_reference!;

    /// <summary>The texts of a cell of several.</summary>
    public IReadOnlyList<string> TextValues => (IReadOnlyList<string>)_reference!;

    /// <summary>The inner table of a cell of rows.</summary>
    public IReportTable Table => (IReportTable)_reference!;

    /// <summary>The number of a number cell.</summary>
    public long NumberValue => unchecked((long)_value);

    /// <summary>The bits of an address or a raw value.</summary>
    public ulong RawValue => _value;

    /// <summary>The flag of a flag cell.</summary>
    public bool FlagValue => _value != 0;

    /// <summary>A text, or an empty cell for null.</summary>
    public static Cell Text(string? text) => text is null ? default : new Cell(CellKind.Text, text, 0, 0);

    /// <summary>A number, or an empty cell for null.</summary>
    public static Cell Number(long? number) => number is { } value ? new Cell(CellKind.Number, null, unchecked((ulong)value), 0) : default;

    /// <summary>An address, or an empty cell for null.</summary>
    public static Cell Address(VirtualAddress? address) => address is { } value ? new Cell(CellKind.Address, null, value.Value, 0) : default;

    /// <summary>A raw value of <paramref name="width"/> hexadecimal digits, or an empty cell for null.</summary>
    public static Cell Raw(ulong? raw, int width) => raw is { } value ? new Cell(CellKind.Raw, null, value, width) : default;

    /// <summary>Yes or no, or an empty cell for null.</summary>
    public static Cell Flag(bool? flag) => flag is { } value ? new Cell(CellKind.Flag, null, value ? 1UL : 0UL, 0) : default;

    /// <summary>Several texts.</summary>
    public static Cell Texts(IReadOnlyList<string> texts) => new(CellKind.Texts, texts, 0, 0);

    /// <summary>Rows inside the row.</summary>
    public static Cell Rows(IReportTable table) => new(CellKind.Rows, table, 0, 0);
}
