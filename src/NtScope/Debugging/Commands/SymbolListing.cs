using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Symbols that match a pattern.</summary>
/// <param name="places">The symbols in order.</param>
/// <param name="shape">What is shown of each.</param>
/// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
public sealed class SymbolListing(IReadOnlyList<SymbolPlace> places, int pointerSize, SymbolListingShape shape = SymbolListingShape.Full) : ICommandResult
{
    /// <summary>The symbols in order.</summary>
    public IReadOnlyList<SymbolPlace> Places { get; } = places;

    /// <summary>Whether types stand in front of names (<c>/t</c>).</summary>
    public bool IsTyped { get; init; }

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

            var address = Hexadecimal.Address(place.Address.Value, pointerSize);
            writer.Write(shape switch
            {
                SymbolListingShape.Addresses => $"{address} \n",
                SymbolListingShape.Names => $"{place}\n",
                SymbolListingShape.AddressesAndNames => $"{address} {place}\n",
                SymbolListingShape.Sorted => $"{address} {place} {(SymbolKind.IsFunction(place) ? "()" : SymbolKind.Describe(place))}\n",
                SymbolListingShape.Quoted => $"{address} @!\"{place}\" {SymbolKind.Describe(place)}\n",
                _ => $"{address} {(IsTyped ? "<NoType> " : string.Empty)}{place} {SymbolKind.Describe(place)}\n",
            });
        }
    }
}
