using NtScope.Desktops.Security;

namespace NtScope.Windows.Desktops;

/// <summary>What a window station shows.</summary>
internal sealed record StationFacts
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Why it could not be opened at all; 0 if it could.</summary>
    public int OpenError { get; init; }

    /// <summary>The rights that were asked for and refused.</summary>
    public IReadOnlyList<AccessRight> MissingRights { get; init; } = [];

    /// <summary>Its desktops.</summary>
    public Outcome<IReadOnlyList<DesktopFacts>> Desktops { get; init; } = new([]);
}
