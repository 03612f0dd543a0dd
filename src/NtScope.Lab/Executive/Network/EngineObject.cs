using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Network;

/// <summary>An object that the engine manages.</summary>
/// <param name="Kind">Which sort.</param>
/// <param name="Key">Its identifier.</param>
/// <param name="Name">Its display name.</param>
/// <param name="Number">Of a sublayer its weight, of a callout or a filter its number.</param>
/// <param name="Provider">The provider that it belongs to; empty for none.</param>
/// <param name="Filter">The filter; null for other objects.</param>
/// <param name="Session">The handle of the dynamic session that it goes with; 0 if it stays.</param>
/// <param name="Owner">The driver that added it.</param>
internal sealed record EngineObject(
    EngineObjectKind Kind, Guid Key, string Name, ulong Number, Guid Provider, NetworkFilter? Filter, ulong Session, LoadedDriver? Owner)
{
    /// <summary>The call that made it.</summary>
    public StackTrace? Origin { get; init; }
}
