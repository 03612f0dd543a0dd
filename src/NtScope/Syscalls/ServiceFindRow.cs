using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>A run of builds in which a service has one number: a row of <c>ntscope.syscalls-find/1</c>.</summary>
public sealed record ServiceFindRow : IReportRow<ServiceFindRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("name", "Name"),
        new("index", "Index", AlignRight: true, Hexadecimal: true),
        new("table", "Table"),
        new("architecture", "Machine"),
        new("from", "From"),
        new("to", "To"),
        new("kernels", "Kernels", AlignRight: true),
        new("published", "Published", AlignRight: true),
    ];

    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its number.</summary>
    public required ServiceIndex Index { get; init; }

    /// <summary>The instruction set.</summary>
    public required ProcessorArchitecture Architecture { get; init; }

    /// <summary>The first build of the run: a file version where the kernel's own table is known, else the label of a published table.</summary>
    public required string From { get; init; }

    /// <summary>The last build of the run.</summary>
    public required string To { get; init; }

    /// <summary>How many kernels of the run have this number in their own table.</summary>
    public required int Kernels { get; init; }

    /// <summary>How many published tables of the run have it.</summary>
    public required int Published { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Name),
        1 => Cell.Number(Index.Value),
        2 => Cell.Text(SyscallRow.TextOf(Index.Table)),
        3 => Cell.Text(Architecture.ToString().ToLowerInvariant()),
        4 => Cell.Text(From),
        5 => Cell.Text(To),
        6 => Cell.Number(Kernels),
        7 => Cell.Number(Published),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
