using System.Buffers.Binary;
using NtScope.Images;

namespace NtScope.Syscalls.Verification;

/// <summary>
/// Finds the service descriptors of a mapped x64 kernel by the code that uses them: the system call dispatcher (KiSystemServiceRepeat) loads the address
/// of <c>KeServiceDescriptorTable</c> into R10 and that of <c>KeServiceDescriptorTableShadow</c> into R11, one behind the other.
/// </summary>
internal static class DescriptorPlaces
{
    private const int ChunkSize = 1 << 16;
    private const int PairSize = 14;
    private static readonly byte[] LoadR10 = [0x4C, 0x8D, 0x15];
    private static readonly byte[] LoadR11 = [0x4C, 0x8D, 0x1D];

    /// <summary>The RVAs of the two descriptors; null if the code is not found or not readable.</summary>
    public static (uint Main, uint Shadow)? Find(PeImage kernel)
    {
        if (kernel.Architecture != ProcessorArchitecture.X64)
        {
            return null;
        }

        var chunk = new byte[ChunkSize];
        var left = Limits.MappedSliceBytes;
        foreach (var section in kernel.Sections)
        {
            for (uint offset = 0; section.IsExecutable && offset < section.VirtualSize && left >= ChunkSize; offset += ChunkSize - PairSize, left -= ChunkSize)
            {
                var start = section.Rva + offset;
                var length = kernel.Read(start, chunk.AsSpan(0, (int)Math.Min(ChunkSize, section.VirtualSize - offset)), out _);
                if (FindIn(kernel, start, chunk.AsSpan(0, length)) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private static (uint Main, uint Shadow)? FindIn(PeImage kernel, uint start, ReadOnlySpan<byte> code)
    {
        for (var from = 0; code[from..].IndexOf(LoadR10) is >= 0 and var hit; from += hit + 1)
        {
            var at = from + hit;
            if (at + PairSize <= code.Length && code[(at + 7)..].StartsWith(LoadR11)
                && Target(start + (uint)at, code[at..]) is var main && Target(start + (uint)at + 7, code[(at + 7)..]) is var shadow
                && main < kernel.SizeOfImage && shadow < kernel.SizeOfImage && main != shadow)
            {
                return (main, shadow);
            }
        }

        return null;
    }

    private static uint Target(uint rva, ReadOnlySpan<byte> load) => unchecked(rva + 7 + (uint)BinaryPrimitives.ReadInt32LittleEndian(load[3..]));
}
