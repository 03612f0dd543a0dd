using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Executive.Pool;

/// <summary>One of the machine's pools, as the builders of kernel structures see it.</summary>
internal sealed class StructurePool(PoolManager pools, PoolKind kind) : IKernelPool
{
    /// <inheritdoc/>
    public VirtualAddress Allocate(int length, PoolTag tag) => new(pools.Allocate((ulong)length, tag.Value, kind));

    /// <inheritdoc/>
    public bool Free(VirtualAddress address)
    {
        pools.Free(address.Value);
        return true;
    }
}
