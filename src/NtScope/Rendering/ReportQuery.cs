namespace NtScope.Rendering;

/// <summary>Which part of a report to show, and in which order.</summary>
public sealed record ReportQuery
{
    /// <summary>The names of the columns to show, in order; null for those a report shows by itself.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>A pattern that the column <c>name</c> must match, or <c>column=pattern</c>; null for all rows.</summary>
    public string? Filter { get; init; }

    /// <summary>The name of the column to sort by, with <c>:desc</c> for the other way; null for the report's own order.</summary>
    public string? Sort { get; init; }
}
