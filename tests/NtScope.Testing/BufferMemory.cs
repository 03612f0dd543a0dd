namespace NtScope.Testing;

/// <summary>Memory over one buffer at an address, with pages that can be taken away.</summary>
public sealed class BufferMemory(VirtualAddress start, byte[] bytes, int pointerSize = 8) : IMemory
{
    private const ulong PageSize = 0x1000;

    private readonly HashSet<ulong> _missing = [];

    /// <inheritdoc/>
    public int PointerSize { get; } = pointerSize;

    /// <summary>Takes the page away that lies this far into the buffer.</summary>
    public BufferMemory Without(uint offset)
    {
        _missing.Add(offset / PageSize);
        return this;
    }

    /// <inheritdoc/>
    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            var offset = address + (ulong)i - start;
            if (offset >= (ulong)bytes.Length || _missing.Contains(offset / PageSize))
            {
                fault = new ReadFault(offset >= (ulong)bytes.Length ? ReadFaultKind.Unmapped : ReadFaultKind.PagedOut, (address + (ulong)i).Value);
                return i;
            }

            destination[i] = bytes[offset];
        }

        fault = default;
        return destination.Length;
    }
}
