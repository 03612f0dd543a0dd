namespace NtScope.Lab.Machine.Memory;

/// <summary>A pool that structures of the machine are allocated from.</summary>
internal interface IKernelPool
{
    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="length">Bytes.</param>
    /// <param name="tag">What it holds.</param>
    /// <returns>The first byte behind the header; a multiple of 16.</returns>
    VirtualAddress Allocate(int length, PoolTag tag);

    /// <summary>Frees what <see cref="Allocate"/> returned.</summary>
    /// <returns>False if nothing that is in use starts there.</returns>
    bool Free(VirtualAddress address);
}
