using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Network;

/// <summary>An open handle of the filter engine.</summary>
/// <param name="handle">The handle.</param>
/// <param name="isDynamic">Whether its objects go with it.</param>
/// <param name="owner">The driver.</param>
internal sealed class EngineSession(ulong handle, bool isDynamic, LoadedDriver? owner)
{
    /// <summary>The handle.</summary>
    public ulong Handle { get; } = handle;

    /// <summary>Whether its objects go with it.</summary>
    public bool IsDynamic { get; } = isDynamic;

    /// <summary>The driver.</summary>
    public LoadedDriver? Owner { get; } = owner;

    /// <summary>The call that opened it.</summary>
    public StackTrace? Origin { get; init; }

    /// <summary>The objects as they will be when its transaction is committed; null outside of one.</summary>
    public Dictionary<(EngineObjectKind Kind, Guid Key), EngineObject>? Transaction { get; set; }
}
