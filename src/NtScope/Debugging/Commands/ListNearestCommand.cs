using System.Text;

namespace NtScope.Debugging.Commands;

/// <summary><c>ln</c>: the symbols around an address.</summary>
public sealed class ListNearestCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["ln"];

    /// <inheritdoc/>
    public string Usage => "ln address";

    /// <inheritdoc/>
    public string Help => "Shows the symbol at or below an address and the next one above, and those that match exactly.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var address = arguments.AtEnd ? session.NextCodeAddress : arguments.TakeAddress();
        arguments.RequireEnd();
        if (!session.Symbols.TryGetNearest(address, out var place) || place.Name.Length == 0)
        {
            return TextResult.None;
        }

        var text = new StringBuilder($"({session.Format(place.Address)})   {place}");
        if (SymbolLookup.TryGetNext(place.Module, (uint)(place.Address - place.Module.Base!.Value), out var next))
        {
            text.Append($"   |  ({session.Format(place.Module.Base.Value + next.Rva)})   {place.Module.Name}!{next.Name}");
        }

        text.Append('\n');
        if (place.Displacement == 0)
        {
            text.Append("Exact matches:\n");
            foreach (var exact in place.Module.Symbols!.All())
            {
                if (exact.Rva == place.Address - place.Module.Base!.Value)
                {
                    text.Append($"    {place.Module.Name}!{exact.Name} {SymbolKind.Describe(place with { Name = exact.Name })}\n");
                }
            }
        }

        return new TextResult(text.ToString());
    }
}
