using System.Buffers.Binary;

namespace NtScope.Kernel.Locating;

/// <summary>
/// The debugger's data block of a kernel (<c>KDDEBUGGER_DATA64</c>, wdbgexts.h), which names variables that are not exported. Found by a hint, by the
/// first processor's control region on x86 before Vista, else by its tag in the kernel's data. Where a running kernel keeps it encoded, it is not found.
/// </summary>
public sealed class DebuggerData
{
    private const int PageSize = 0x1000;
    private const int LeastSize = 0x100;
    private const int MostSize = 0x1000;
    private const int TagOffset = 0x10;
    private const int SizeOffset = 0x14;
    private const int BaseOffset = 0x18;
    private const uint Tag = 0x4742444B;

    // The KPCR of processor 0 before Vista; its KdVersionBlock; there the list of data blocks (DBGKD_GET_VERSION64.DebuggerDataList).
    private const ulong FirstControlRegion = 0xFFDF_F000;
    private const ulong VersionBlockInRegion = 0x34;
    private const ulong ListInVersionBlock = 0x20;

    // Where the block holds the address of which variable.
    private static readonly (int Offset, string Name)[] Places =
    [
        (0x48, "PsLoadedModuleList"), (0x50, "PsActiveProcessHead"), (0x58, "PspCidTable"), (0x60, "ExpSystemResourcesList"), (0x80, "KeBugCheckCallbackListHead"),
        (0x98, "ObpRootDirectoryObject"), (0xA0, "ObpTypeObjectType"), (0xC0, "MmPfnDatabase"), (0x208, "NtBuildLab"), (0x218, "KiProcessorBlock"),
        (0x220, "MmUnloadedDrivers"), (0x228, "MmLastUnloadedDriver"), (0x270, "MmPhysicalMemoryBlock"),
    ];

    private DebuggerData(VirtualAddress address, IReadOnlyDictionary<string, VirtualAddress> variables)
    {
        Address = address;
        Variables = variables;
    }

    /// <summary>Where the block is.</summary>
    public VirtualAddress Address { get; }

    /// <summary>The variables of the kernel's image that it names.</summary>
    public IReadOnlyDictionary<string, VirtualAddress> Variables { get; }

    /// <summary>Finds the block of a kernel; null if there is none that is readable.</summary>
    /// <param name="memory">The system's address space.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="hint">Where a header or a symbol says that it is.</param>
    public static DebuggerData? Find(IMemory memory, FoundKernel kernel, VirtualAddress? hint) =>
        (hint is { } there ? Read(memory, kernel, there) : null) ?? FromControlRegion(memory, kernel) ?? Search(memory, kernel);

    private static DebuggerData? FromControlRegion(IMemory memory, FoundKernel kernel) =>
        memory.PointerSize == sizeof(uint)
        && memory.TryReadPointer(new VirtualAddress(FirstControlRegion + VersionBlockInRegion), out var version, out _)
        && memory.TryReadPointer(version + ListInVersionBlock, out var list, out _)
        && memory.TryReadPointer(list, out var first, out _)
            ? Read(memory, kernel, first)
            : null;

    private static DebuggerData? Search(IMemory memory, FoundKernel kernel)
    {
        var page = new byte[PageSize];
        var bytesLeft = Limits.KernelDataBytes;
        foreach (var section in kernel.Image.Sections)
        {
            for (uint offset = 0; !section.IsExecutable && offset < section.VirtualSize && bytesLeft >= PageSize; offset += PageSize, bytesLeft -= PageSize)
            {
                var start = kernel.Base + section.Rva + offset;
                var read = memory.Read(start, page, out _);
                for (var at = 0; at + sizeof(uint) <= read; at += sizeof(ulong))
                {
                    if (BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(at)) == Tag && Read(memory, kernel, start + (ulong)at - TagOffset) is { } found)
                    {
                        return found;
                    }
                }
            }
        }

        return null;
    }

    private static DebuggerData? Read(IMemory memory, FoundKernel kernel, VirtualAddress address)
    {
        if (!memory.TryReadUInt32(address + TagOffset, out var tag, out _) || tag != Tag
            || !memory.TryReadUInt32(address + SizeOffset, out var size, out _) || size is < LeastSize or > MostSize)
        {
            return null;
        }

        var block = new byte[size];
        if (memory.Read(address, block, out _) != size || AddressAt(memory, block, BaseOffset) != kernel.Base)
        {
            return null;
        }

        var variables = new Dictionary<string, VirtualAddress>(StringComparer.Ordinal);
        foreach (var (offset, name) in Places)
        {
            if (offset + sizeof(ulong) <= size && AddressAt(memory, block, offset) is var variable && variable - kernel.Base < kernel.Image.SizeOfImage)
            {
                variables.Add(name, variable);
            }
        }

        return new DebuggerData(address, variables);
    }

    // Addresses of 32 bits are sign-extended.
    private static VirtualAddress AddressAt(IMemory memory, ReadOnlySpan<byte> block, int offset) => new(memory.PointerSize == sizeof(uint)
        ? BinaryPrimitives.ReadUInt32LittleEndian(block[offset..])
        : BinaryPrimitives.ReadUInt64LittleEndian(block[offset..]));
}
