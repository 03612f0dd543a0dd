using System.Buffers.Binary;
using NtScope.Symbols;

namespace NtScope.Kernel.Locating;

/// <summary>Finds <c>nt!PsLoadedModuleList</c>: by name, by a hint, else by its shape in the kernel's data.</summary>
public static class ModuleListHead
{
    private const int PageSize = 0x1000;

    /// <summary>The address of the head, or null.</summary>
    /// <param name="memory">The system's address space.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="symbols">The kernel's symbols; null if there are none.</param>
    /// <param name="hint">Where a header says that it is.</param>
    public static VirtualAddress? Find(IMemory memory, FoundKernel kernel, ISymbolSource? symbols, VirtualAddress? hint)
    {
        if ((symbols?.TryGetRva("PsLoadedModuleList", out var rva) == true || kernel.Image.Exports.TryGetRva("PsLoadedModuleList", out rva))
            && IsHead(memory, kernel, kernel.Base + rva))
        {
            return kernel.Base + rva;
        }

        return hint is { } head && IsHead(memory, kernel, head) ? head : Search(memory, kernel);
    }

    // The head is a LIST_ENTRY in writable data of the kernel; what it points forward to is the kernel's own entry, which points back. On x86 the list of the
    // debugger's data blocks looks alike up to the kernel's base; the image's size tells them apart.
    private static VirtualAddress? Search(IMemory memory, FoundKernel kernel)
    {
        var page = new byte[PageSize];
        var pointer = memory.PointerSize;
        var (bytesLeft, candidatesLeft) = (Limits.KernelDataBytes, Limits.ModuleListCandidates);
        foreach (var section in kernel.Image.Sections)
        {
            if (section.IsExecutable)
            {
                continue;
            }

            for (uint offset = 0; offset < section.VirtualSize && bytesLeft >= PageSize; offset += PageSize, bytesLeft -= PageSize)
            {
                var address = kernel.Base + section.Rva + offset;
                var read = memory.Read(address, page, out _);
                for (var at = 0; at + pointer <= read; at += pointer)
                {
                    var value = pointer == sizeof(ulong)
                        ? BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(at))
                        : BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(at));
                    var highest = pointer == sizeof(ulong) ? 0xFFFF_8000_0000_0000 : 0x8000_0000;
                    if (value >= highest && value % 8 == 0 && candidatesLeft-- > 0 && IsHead(memory, kernel, address + (uint)at))
                    {
                        return address + (uint)at;
                    }
                }
            }
        }

        return null;
    }

    private static bool IsHead(IMemory memory, FoundKernel kernel, VirtualAddress head)
    {
        var pointer = (uint)memory.PointerSize;
        return memory.TryReadPointer(head, out var first, out _)
            && memory.TryReadPointer(first + pointer, out var back, out _) && back == head
            && memory.TryReadPointer(first + 6 * pointer, out var start, out _) && start == kernel.Base
            && memory.TryReadUInt32(first + 8 * pointer, out var size, out _) && size == kernel.Image.SizeOfImage;
    }
}
