namespace NtScope.Lab.Executive.Network;

/// <summary>A filter as callouts see it, in the machine's memory until this is disposed: FWPS_FILTER (fwpsk.h).</summary>
internal readonly struct FilterBlock : IDisposable
{
    private const ulong FilterBytes = 0x40;
    private readonly LabKernel _kernel;

    /// <summary>Writes a filter.</summary>
    public FilterBlock(LabKernel kernel, NetworkFilter filter, uint callout, Guid key)
    {
        _kernel = kernel;
        var memory = kernel.Memory;
        Filter = kernel.Pool.Allocate(FilterBytes + 8 + 16, "WfpF");
        memory.WriteUInt64(Filter, filter.Id);
        memory.WriteUInt32(Filter + 0x08, FieldValue.UInt64);
        memory.WriteUInt64(Filter + 0x10, Filter + FilterBytes);
        memory.WriteUInt16(Filter + 0x1A, (ushort)filter.Flags);
        memory.WriteUInt32(Filter + 0x28, filter.Action);
        memory.WriteUInt32(Filter + 0x2C, callout);
        memory.WriteUInt64(Filter + 0x30, filter.Context);
        memory.WriteUInt64(Filter + FilterBytes, filter.Weight);
        memory.Write(Key, key.ToByteArray());
    }

    /// <summary>The filter.</summary>
    public ulong Filter { get; }

    /// <summary>Its identifier.</summary>
    public ulong Key => Filter + FilterBytes + 8;

    /// <inheritdoc/>
    public void Dispose() => _kernel.Pool.Free(Filter);
}
