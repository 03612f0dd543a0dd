using NtScope.Reports;

namespace NtScope.Tests.Rendering;

internal sealed record SampleRow(string? Name) : IReportRow<SampleRow>
{
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("index", "Index", AlignRight: true, Hexadecimal: true),
        new("name", "Name"),
        new("address", "Address"),
        new("entry", "Entry", Shown: false),
        new("special", "Special", Tallied: true),
        new("tags", "Tags"),
        new("inner", "Inner"),
    ];

    public long? Index { get; init; }

    public VirtualAddress? Address { get; init; }

    public ulong? Entry { get; init; }

    public bool? Special { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<InnerRow> Inner { get; init; } = [];

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Index),
        1 => Cell.Text(Name),
        2 => Cell.Address(Address),
        3 => Cell.Raw(Entry, 8),
        4 => Cell.Flag(Special),
        5 => Cell.Texts(Tags),
        _ => Cell.Rows(new ReportTable<InnerRow>(Inner)),
    };
}
