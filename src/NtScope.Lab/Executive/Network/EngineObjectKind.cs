namespace NtScope.Lab.Executive.Network;

/// <summary>Sorts of objects that the filter engine manages.</summary>
internal enum EngineObjectKind
{
    /// <summary>Who objects belong to.</summary>
    Provider,

    /// <summary>A group of filters that decides by itself.</summary>
    SubLayer,

    /// <summary>A callout that filters may name.</summary>
    Callout,

    /// <summary>A filter.</summary>
    Filter,
}
