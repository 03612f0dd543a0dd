using NtScope.Reports;

namespace NtScope.Debugging.Types;

/// <summary>Types whose name matches a pattern, as <c>dt module!pattern</c> lists them.</summary>
/// <param name="imageName">The image they belong to.</param>
/// <param name="names">The names, ascending.</param>
public sealed class TypeListing(string imageName, IReadOnlyList<string> names) : ICommandResult
{
    /// <summary>The names, ascending.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<FieldRow>([.. Names.Select(name => new FieldRow(0, 0, name, imageName, null))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var name in Names)
        {
            writer.Write($"          {imageName}!{name}\n");
        }
    }
}
