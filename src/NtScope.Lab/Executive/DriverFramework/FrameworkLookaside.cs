namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFLOOKASIDE: makes memory objects of one size. It keeps none of them.</summary>
internal sealed class FrameworkLookaside(FrameworkClient client, FrameworkAttributes memory, ulong size, uint tag, Pool.PoolKind kind) : FrameworkObject(client)
{
    /// <summary>The attributes of its memory objects.</summary>
    public FrameworkAttributes Memory { get; } = memory;

    /// <summary>The bytes of each.</summary>
    public ulong Size { get; } = size;

    /// <summary>Their tag.</summary>
    public uint Tag { get; } = tag;

    /// <summary>Their pool.</summary>
    public Pool.PoolKind Kind { get; } = kind;
}
