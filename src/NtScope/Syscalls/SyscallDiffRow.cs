using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>A service that differs between two targets: a row of <c>ntscope.syscalls-diff/1</c>.</summary>
public sealed record SyscallDiffRow : IReportRow<SyscallDiffRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("changes", "Change", Tallied: true),
        new("name", "Name"),
        new("table", "Table"),
        new("indexBefore", "Before", AlignRight: true, Hexadecimal: true),
        new("indexAfter", "After", AlignRight: true, Hexadecimal: true),
        new("stackArgumentsBefore", "Stack args before", AlignRight: true),
        new("stackArgumentsAfter", "Stack args after", AlignRight: true),
    ];

    /// <summary>What changed: <c>added</c>, <c>removed</c>, or <c>moved</c> and <c>arguments</c>.</summary>
    public required IReadOnlyList<string> Changes { get; init; }

    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its table.</summary>
    public required ServiceTableKind Table { get; init; }

    /// <summary>Its number in the first target; null if it was added.</summary>
    public ServiceIndex? IndexBefore { get; init; }

    /// <summary>Its number in the second target; null if it was removed.</summary>
    public ServiceIndex? IndexAfter { get; init; }

    /// <summary>Its stack arguments in the first target; null if not known.</summary>
    public int? StackArgumentsBefore { get; init; }

    /// <summary>Its stack arguments in the second target; null if not known.</summary>
    public int? StackArgumentsAfter { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Texts(Changes),
        1 => Cell.Text(Name),
        2 => Cell.Text(SyscallRow.TextOf(Table)),
        3 => Cell.Number(IndexBefore?.Value),
        4 => Cell.Number(IndexAfter?.Value),
        5 => Cell.Number(StackArgumentsBefore),
        6 => Cell.Number(StackArgumentsAfter),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
