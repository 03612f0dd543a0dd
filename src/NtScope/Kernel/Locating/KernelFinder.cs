using System.Diagnostics.CodeAnalysis;
using NtScope.Images;

namespace NtScope.Kernel.Locating;

/// <summary>
/// Finds the kernel's image in a system address space, without symbols: by hints first, else by walking the addresses that Windows gives it.
/// An image is the kernel if its PDB or its export directory has one of the kernel's names.
/// </summary>
public static class KernelFinder
{
    private const int PageSize = 0x1000;
    private const int InterruptVectors = 32;
    private const uint DebuggerTag = 0x4742444B;

    private static readonly string[] PdbNames = ["ntkrnlmp.pdb", "ntoskrnl.pdb", "ntkrnlpa.pdb", "ntkrpamp.pdb", "ntkrla57.pdb"];

    /// <summary>Finds the kernel, or returns null if this address space has none that is readable.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="hints">Where to look first.</param>
    /// <param name="searchPages">
    /// How many pages a search may still look at, from <see cref="Limits.KernelSearchPages"/> down: one allowance for all address spaces of a machine.
    /// </param>
    /// <param name="cancellation">Ends the search.</param>
    public static FoundKernel? Find(IMemory memory, KernelHints hints, ref int searchPages, CancellationToken cancellation) =>
        ByModuleList(memory, hints)
        ?? ByDebuggerData(memory, hints)
        ?? ByCode(memory, hints, ref searchPages, cancellation)
        ?? ByScan(memory, ref searchPages, cancellation);

    private static FoundKernel? ByModuleList(IMemory memory, KernelHints hints)
    {
        if (hints.LoadedModuleList is not { } head)
        {
            return null;
        }

        // The kernel comes first; a few more are tried because a list may have been tampered with.
        foreach (var module in LoadedModuleList.Read(memory, head, limit: 4).Modules)
        {
            if (TryOpen(memory, module.Base, out var image))
            {
                return new FoundKernel(module.Base, image, "by the list of loaded modules that the header names");
            }
        }

        return null;
    }

    private static FoundKernel? ByDebuggerData(IMemory memory, KernelHints hints) =>
        hints.DebuggerDataBlock is { } block
        && memory.TryReadUInt32(block + 0x10, out var tag, out _) && tag == DebuggerTag
        && memory.TryReadUInt64(block + 0x18, out var start, out _)
        && TryOpen(memory, new VirtualAddress(memory.PointerSize == 4 ? (uint)start : start), out var image)
            ? new FoundKernel(new VirtualAddress(memory.PointerSize == 4 ? (uint)start : start), image, "by the debugger's data block")
            : null;

    private static FoundKernel? ByCode(IMemory memory, KernelHints hints, ref int searchPages, CancellationToken cancellation)
    {
        // Addresses of code lie close together: one search for each stretch that an image can cover, and only a few, since headers may name thousands.
        var tried = new HashSet<ulong>();
        foreach (var source in (ReadOnlySpan<IEnumerable<VirtualAddress>>)[hints.InsideKernel, InterruptHandlers(memory, hints)])
        {
            foreach (var address in InKernelHalf(memory, source).DistinctBy(inside => inside.Value / Limits.KernelSearchBytes).Take(Limits.KernelSearchStretches))
            {
                if (tried.Add(address.Value / Limits.KernelSearchBytes) && SearchDown(memory, address, ref searchPages, cancellation) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private static IEnumerable<VirtualAddress> InKernelHalf(IMemory memory, IEnumerable<VirtualAddress> addresses) =>
        addresses.Where(address => address.Value >= (memory.PointerSize == sizeof(ulong) ? 0xFFFF_8000_0000_0000 : 0x8000_0000));

    private static IEnumerable<VirtualAddress> InterruptHandlers(IMemory memory, KernelHints hints)
    {
        if (hints.InterruptTable is not { } table || memory.PointerSize != sizeof(ulong))
        {
            yield break;
        }

        for (var vector = 0; vector < InterruptVectors; vector++)
        {
            // KIDTENTRY64: offset bits 0-15 at 0, 16-31 at 6, 32-63 at 8.
            if (memory.TryReadUInt64(table + (ulong)(vector * 16), out var low, out _) && memory.TryReadUInt32(table + (ulong)(vector * 16 + 8), out var high, out _))
            {
                var handler = (ulong)high << 32 | (low >> 48 << 16) | (low & 0xFFFF);
                if (handler >> 47 == 0x1FFFF)
                {
                    yield return new VirtualAddress(handler);
                }
            }
        }
    }

    private static FoundKernel? SearchDown(IMemory memory, VirtualAddress inside, ref int searchPages, CancellationToken cancellation)
    {
        var page = inside.Value & ~(ulong)(PageSize - 1);
        for (ulong distance = 0; distance < Limits.KernelSearchBytes && distance <= page && searchPages-- > 0; distance += PageSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var address = new VirtualAddress(page - distance);
            if (HasSignature(memory, address) && TryOpen(memory, address, out var image) && inside - address < image.SizeOfImage)
            {
                return new FoundKernel(address, image, "by code of its own that a processor was to run");
            }
        }

        return null;
    }

    private static FoundKernel? ByScan(IMemory memory, ref int searchPages, CancellationToken cancellation)
    {
        var (address, end) = memory.PointerSize == sizeof(ulong)
            ? (0xFFFF_F800_0000_0000UL, 0xFFFF_F880_0000_0000UL)
            : (0x8000_0000UL, 0xFFFF_F000UL);
        for (; ImageHeaderSearch.TryFindNext(memory, ref address, end, ref searchPages, cancellation); address += PageSize)
        {
            if (TryOpen(memory, new VirtualAddress(address), out var image))
            {
                return new FoundKernel(new VirtualAddress(address), image, "by a search for its image");
            }
        }

        return null;
    }

    private static bool HasSignature(IMemory memory, VirtualAddress address)
    {
        Span<byte> start = stackalloc byte[2];
        return memory.TryRead(address, start, out _) && start.SequenceEqual("MZ"u8);
    }

    private static bool TryOpen(IMemory memory, VirtualAddress address, [NotNullWhen(true)] out PeImage? image)
    {
        image = null;
        try
        {
            var candidate = PeImage.FromMemory(memory, address, "nt");
            if (candidate.PointerSize == memory.PointerSize && IsKernel(candidate))
            {
                image = candidate;
            }
        }
        catch (InputException)
        {
            // Not an image, or one whose headers are gone: not the kernel.
        }

        return image is not null;
    }

    private static bool IsKernel(PeImage image) => image.Pdb is { } pdb
        ? PdbNames.Contains(pdb.FileName, StringComparer.OrdinalIgnoreCase)
        : image.Exports.ModuleName?.StartsWith("nt", StringComparison.OrdinalIgnoreCase) == true && image.Exports.TryGetRva("PsInitialSystemProcess", out _);
}
