namespace NtScope.Lab.Executive.Network;

/// <summary>A connection that was established, with what callouts keep for it.</summary>
internal sealed class NetworkFlow
{
    /// <summary>Contexts by layer and callout.</summary>
    public Dictionary<(ushort Layer, uint Callout), ulong> Contexts { get; } = [];
}
