using System.Buffers.Binary;
using Iced.Intel;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// Finds the service descriptors of a mapped kernel by the code that uses them. On x64 the system call dispatcher (KiSystemServiceRepeat) loads the address
/// of <c>KeServiceDescriptorTable</c> into R10 and that of <c>KeServiceDescriptorTableShadow</c> into R11, one behind the other. x86 exports the first; the
/// exported <c>KeAddSystemServiceTable</c> uses both by an index.
/// </summary>
internal static class DescriptorPlaces
{
    private const int AddTableInstructions = 24;
    private const uint NarrowSetSize = 0x40;

    private const int ChunkSize = 1 << 16;
    private const int PairSize = 14;
    private static readonly byte[] LoadR10 = [0x4C, 0x8D, 0x15];
    private static readonly byte[] LoadR11 = [0x4C, 0x8D, 0x1D];

    /// <summary>
    /// The table of the window manager as the kernel holds it for threads with windows: the second descriptor of <c>KeServiceDescriptorTableShadow</c>.
    /// </summary>
    /// <returns>Null if the descriptor is not found or does not lead into <paramref name="windowManager"/>.</returns>
    public static MappedServiceTable? FindWindowManagerTable(Target target, Module windowManager) =>
        WindowManagerDescriptor(target) is { } descriptor
            ? MappedServiceTable.FromDescriptor(target.Memory, windowManager, descriptor, "the second descriptor of KeServiceDescriptorTableShadow")
            : null;

    /// <summary>Where that descriptor is; null if it is not found.</summary>
    public static VirtualAddress? WindowManagerDescriptor(Target target)
    {
        const uint PointersInDescriptor = 4;
        return target.Modules is [{ Base: { } start, Image: { } image } kernel, ..]
            && (kernel.Symbols?.TryGetRva("KeServiceDescriptorTableShadow", out var rva) == true ? rva : Find(image)?.Shadow) is { } shadow
                ? start + shadow + PointersInDescriptor * (uint)target.Memory.PointerSize
                : null;
    }

    /// <summary>The RVAs of the two descriptors; null if the code is not found or not readable.</summary>
    public static (uint Main, uint Shadow)? Find(PeImage kernel)
    {
        if (kernel.Architecture == ProcessorArchitecture.X86)
        {
            return FindNarrow(kernel);
        }

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

    // cmp dword ptr [eax+main],0 ... lea ecx,[eax+shadow]: of the two sets that an index is added to, the one that is not exported.
    private static (uint Main, uint Shadow)? FindNarrow(PeImage kernel)
    {
        if (!kernel.Exports.TryGetRva("KeServiceDescriptorTable", out var main) || !kernel.Exports.TryGetRva("KeAddSystemServiceTable", out var routine))
        {
            return null;
        }

        var code = new InstructionReader(kernel);
        code.MoveTo(routine);
        for (var i = 0; i < AddTableInstructions && code.TryNext(out var instruction); i++)
        {
            if (instruction.MemoryBase != Register.None && instruction.MemoryDisplSize == sizeof(uint)
                && kernel.TryGetRva(instruction.MemoryDisplacement64, out var rva) && rva - main >= NarrowSetSize
                && kernel.SectionAt(rva) is { IsExecutable: false })
            {
                return (main, rva);
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
