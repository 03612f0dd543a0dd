using System.Buffers.Binary;

namespace NtScope.Kernel.Objects;

/// <summary>
/// A handle table (_HANDLE_TABLE) of up to three levels. Entries are encoded in one of three ways: a pointer with flags in its low bits (up to
/// Windows 7), or 41 or 44 bits of it (Windows 8, Windows 8.1 and later).
/// </summary>
public static class HandleTable
{
    private const int PageSize = 0x1000;
    private const uint HandleStep = 4;

    /// <summary>Reads all open handles of a table, ascending. Pages that cannot be read are passed over; how many is noted at the end.</summary>
    public static IEnumerable<HandleEntry> Read(KernelContext context, VirtualAddress table)
    {
        var view = context.At("_HANDLE_TABLE", table);
        var entrySize = context.SizeOf("_HANDLE_TABLE_ENTRY");
        if (view.Number("TableCode") is not { } code || entrySize < context.PointerSize || entrySize > PageSize)
        {
            yield break;
        }

        var limit = Math.Min(view.Number("NextHandleNeedingPool") ?? ulong.MaxValue, (ulong)Limits.HandleTableEntries * HandleStep);
        var page = new byte[PageSize];
        uint first = 0;
        var incomplete = 0;
        foreach (var leaf in Leaves(context, new VirtualAddress(code & ~3UL), (int)(code & 3)))
        {
            if (first >= limit)
            {
                break;
            }

            var read = leaf.IsZero ? 0 : context.Memory.Read(leaf, page, out _);
            if (!leaf.IsZero && read < PageSize)
            {
                incomplete++;
            }

            for (uint offset = 0, handle = first; offset + entrySize <= read && handle < limit; offset += entrySize, handle += HandleStep)
            {
                if (Decode(context, page.AsSpan((int)offset, (int)entrySize), handle, leaf + offset) is { } entry)
                {
                    yield return entry;
                }
            }

            first += PageSize / entrySize * HandleStep;
        }

        if (incomplete > 0)
        {
            context.Note($"The handle table at {table} is not complete: {incomplete} of its pages cannot be read in full.");
        }
    }

    /// <summary>The pages of entries in order; a zero address stands for one that is not there.</summary>
    private static IEnumerable<VirtualAddress> Leaves(KernelContext context, VirtualAddress table, int levels)
    {
        if (levels == 0)
        {
            yield return table;
            yield break;
        }

        for (uint offset = 0; levels <= 2 && offset < PageSize; offset += context.PointerSize)
        {
            if (context.ReadPointer(table + offset) is not { IsZero: false } next)
            {
                yield break;
            }

            foreach (var leaf in Leaves(context, next, levels - 1))
            {
                yield return leaf;
            }
        }
    }

    private static HandleEntry? Decode(KernelContext context, ReadOnlySpan<byte> entry, uint handle, VirtualAddress place)
    {
        var value = context.PointerSize == sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(entry) : BinaryPrimitives.ReadUInt32LittleEndian(entry);
        ulong pointer;
        if (context.PlaceOf("_HANDLE_TABLE_ENTRY", "ObjectPointerBits") is { } bits)
        {
            var shift = bits.BitLength >= 44 ? 4 : 3;
            var width = bits.BitLength + shift;
            pointer = (value >> bits.BitPosition) << shift;
            pointer = context.PointerSize == sizeof(uint)
                ? (uint)pointer
                : (ulong)((long)(pointer << (64 - width)) >> (64 - width));
        }
        else
        {
            pointer = value & ~7UL;
        }

        if (pointer == 0 || handle == 0)
        {
            return null;
        }

        var access = context.PlaceOf("_HANDLE_TABLE_ENTRY", "GrantedAccessBits") ?? context.PlaceOf("_HANDLE_TABLE_ENTRY", "GrantedAccess");
        const uint AccessBits = 0x01FF_FFFF;
        var hasAccess = access is not null && access.Offset <= entry.Length - sizeof(uint);
        return new HandleEntry(handle, new VirtualAddress(pointer), !hasAccess ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(entry[(int)access!.Offset..]) & AccessBits, place);
    }
}
