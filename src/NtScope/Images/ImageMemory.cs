namespace NtScope.Images;

/// <summary>Image files as memory: each readable where it would be mapped.</summary>
public sealed class ImageMemory : IMemory
{
    private readonly (VirtualAddress Start, PeImage Image)[] _images;

    /// <summary>Memory that holds <paramref name="images"/> at the addresses given with them; they must not overlap.</summary>
    public ImageMemory(IEnumerable<(VirtualAddress Start, PeImage Image)> images, int pointerSize)
    {
        _images = [.. images];
        Array.Sort(_images, (left, right) => left.Start.CompareTo(right.Start));
        PointerSize = pointerSize;
    }

    /// <inheritdoc/>
    public int PointerSize { get; }

    /// <inheritdoc/>
    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
    {
        fault = default;
        var done = 0;
        while (done < destination.Length)
        {
            if (!TryFind(address + (ulong)done, out var start, out var image))
            {
                fault = new ReadFault(ReadFaultKind.Unmapped, (address + (ulong)done).Value);
                return done;
            }

            var rva = address + (ulong)done - start;
            var wanted = (int)Math.Min((ulong)(destination.Length - done), image.SizeOfImage - rva);
            var read = image.Read((uint)rva, destination.Slice(done, wanted), out fault);
            done += read;
            if (read < wanted)
            {
                fault = fault with { Address = (address + (ulong)done).Value };
                return done;
            }
        }

        return done;
    }

    private bool TryFind(VirtualAddress address, out VirtualAddress start, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PeImage? image)
    {
        foreach (var (candidateStart, candidate) in _images)
        {
            if (address >= candidateStart && address - candidateStart < candidate.SizeOfImage)
            {
                (start, image) = (candidateStart, candidate);
                return true;
            }
        }

        (start, image) = (default, null);
        return false;
    }
}
