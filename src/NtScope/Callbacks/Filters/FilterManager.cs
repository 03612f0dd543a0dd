using NtScope.Kernel;

namespace NtScope.Callbacks.Filters;

/// <summary>The filter manager of a machine: where its list of frames begins, and layouts to read what hangs from it.</summary>
/// <param name="Context">The machine with the filter manager's layouts.</param>
/// <param name="Frames">The head of the list of frames.</param>
/// <param name="Contradicting">Filters that do not fit the layouts which the others fit.</param>
internal sealed record FilterManager(KernelContext Context, VirtualAddress Frames, IReadOnlySet<VirtualAddress> Contradicting)
{
    private const string EnumeratingExport = "FltEnumerateFilters";
    private const uint Writable = 0x8000_0000;
    private const uint LowestDistance = 8;

    /// <summary>Finds it: by its symbols and layouts; without them by its code, else by the shape of its data, with published layouts that are proved first.</summary>
    /// <param name="kernel">The machine.</param>
    /// <param name="module">The module of fltmgr.sys.</param>
    /// <param name="problem">Why it was not found, as a sentence.</param>
    public static FilterManager? Find(KernelContext kernel, Module module, out string? problem)
    {
        problem = null;
        if (kernel.InModule(module) is { } named && named.Find("FltGlobals") is { } globals && named.At("_GLOBALS", globals).AddressOf("FrameList.rList") is { } frames)
        {
            return new FilterManager(named, frames, new HashSet<VirtualAddress>());
        }

        var offsets = FilterManagerOffsets.OfBuild(kernel.Kernel.Version?.Build ?? 0);
        if (kernel.PointerSize != sizeof(ulong) || kernel.InModule(module, new FilterManagerTypes(offsets)) is not { } context)
        {
            problem = "Minifilters are not listed: no layouts of the filter manager are known for this architecture; a symbol file for fltmgr would give them.";
            return null;
        }

        VirtualAddress? empty = null;
        var allowance = new ProofAllowance();
        foreach (var head in Heads(context).TakeWhile(_ => !allowance.IsUsedUp))
        {
            var proof = new FilterManagerProof(context, head, allowance);
            if (proof.Fit(offsets) is { } fitting)
            {
                if (proof.Filters == 0)
                {
                    // Other lists look like that of an empty frame: one with filters goes before.
                    empty ??= head;
                    continue;
                }

                kernel.Note($"Minifilters are read with published layouts{(fitting == offsets ? string.Empty : ", corrected,")} that fit {(proof.Contradicting.Count == 0 ? "all" : $"{proof.Filters - proof.Contradicting.Count} of")} {proof.Filters} filters and their frames: fltmgr's symbols are not at hand.");
                return new FilterManager(context.InModule(module, new FilterManagerTypes(fitting))!, head, proof.Contradicting);
            }
        }

        if (empty is { } withoutFilters && !allowance.IsUsedUp)
        {
            kernel.Note("No minifilter is registered with the filter manager.");
            return new FilterManager(context, withoutFilters, new HashSet<VirtualAddress>());
        }

        problem = "Minifilters are not listed: no published layout of the filter manager fits its memory; a symbol file for fltmgr would give the right one.";
        return null;
    }

    // What the enumerating export locks is the list's lock, with the list behind it; every other place that looks like such a list comes after.
    private static IEnumerable<VirtualAddress> Heads(KernelContext context)
    {
        var list = context.OffsetOf("_FLT_RESOURCE_LIST_HEAD", "rList")!.Value;
        if (KernelVariable.Find(context, "FltGlobals.FrameList", EnumeratingExport, address => IsListHead(context, address + list)) is { } head)
        {
            yield return head + list;
        }

        foreach (var section in context.Kernel.Image?.Sections ?? [])
        {
            if ((section.Characteristics & Writable) == 0)
            {
                continue;
            }

            var bytes = new byte[Math.Min(section.VirtualSize, Limits.FilterManagerData)];
            var length = context.Memory.Read(context.Base + section.Rva, bytes, out _);
            for (var offset = 0; offset + 2 * sizeof(ulong) <= length; offset += sizeof(ulong))
            {
                var (place, first) = (context.Base + section.Rva + (uint)offset, BitConverter.ToUInt64(bytes, offset));
                if (first >> 47 == 0x1FFFF && first != place.Value && IsListHead(context, place))
                {
                    yield return place;
                }
            }
        }
    }

    private static bool IsListHead(KernelContext context, VirtualAddress head) =>
        context.ReadPointer(head) is { IsZero: false } first && first.Value >= LowestDistance
        && context.ReadPointer(head + context.PointerSize) is { IsZero: false } last
        && context.ReadPointer(first + context.PointerSize) == head
        && context.ReadPointer(last) == head;
}
