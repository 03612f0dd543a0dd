namespace NtScope.Reports;

/// <summary>Something about a row that its reader should know: a contradiction, a reason why a cell is empty, a sign of an attack.</summary>
/// <param name="Kind">What sort of finding, in kebab case (<c>hooked-stub</c>), for programs.</param>
/// <param name="Detail">One sentence for a person, without a full stop.</param>
public sealed record Finding(string Kind, string Detail);
