using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Symbols that match a pattern.</summary>
/// <param name="places">The symbols in order.</param>
/// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
public sealed class SymbolListing(IReadOnlyList<SymbolPlace> places, int pointerSize) : ICommandResult
{
    /// <summary>The symbols in order.</summary>
    public IReadOnlyList<SymbolPlace> Places { get; } = places;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<SymbolRow>([.. Places.Select(place => new SymbolRow(place))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var place in Places)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            writer.Write(Hexadecimal.Address(place.Address.Value, pointerSize));
            writer.Write(' ');
            writer.Write(place.ToString());
            writer.Write(' ');
            writer.Write(SymbolKind.Describe(place));
            writer.Write('\n');
        }
    }
}
