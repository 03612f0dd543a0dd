using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Rtl;

/// <summary>Routines for RTL_AVL_TABLE: the driver's routines compare elements, and make and free them.</summary>
internal sealed class AvlTableApis(LabKernel kernel) : IApiFamily
{
    private const ulong LinksBytes = AvlTable.LinksBytes;
    private const ulong CompareRoutine = 0x48;
    private const ulong AllocateRoutine = 0x50;
    private const ulong FreeRoutine = 0x58;
    private const ulong TableContext = 0x60;
    private const int MaximumDepth = 64;
    private readonly GuestMemory _memory = kernel.Memory;

    // TABLE_SEARCH_RESULT.
    private enum Search
    {
        EmptyTree,
        FoundNode,
        InsertAsLeft,
        InsertAsRight,
    }

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("RtlInitializeGenericTableAvl", Irql.Dispatch, Initialize);
        table.Add("RtlInsertElementGenericTableAvl", Irql.Dispatch, Insert);
        table.Add("RtlInsertElementGenericTableFullAvl", Irql.Dispatch, InsertFull);
        table.Add("RtlLookupElementGenericTableAvl", Irql.Dispatch, Lookup);
        table.Add("RtlLookupElementGenericTableFullAvl", Irql.Dispatch, LookupFull);
        table.Add("RtlDeleteElementGenericTableAvl", Irql.Dispatch, Delete);
        table.Add("RtlEnumerateGenericTableAvl", Irql.Dispatch, Enumerate);
        table.Add("RtlEnumerateGenericTableWithoutSplayingAvl", Irql.Dispatch, EnumerateByKey);
        table.Add("RtlGetElementGenericTableAvl", Irql.Dispatch, (in ApiCall call) => Data(Table(call[0]).ElementAt(call.UInt32(1))));
        table.Add("RtlNumberGenericTableElementsAvl", Irql.Dispatch, (in ApiCall call) => Table(call[0]).Count);
        table.Add("RtlIsGenericTableEmptyAvl", Irql.Dispatch, (in ApiCall call) => Table(call[0]).Count == 0 ? 1UL : 0);
    }

    private static ulong Data(ulong node) => node == 0 ? 0 : node + LinksBytes;

    private AvlTable Table(ulong address)
    {
        var table = new AvlTable(kernel, address);
        table.EnsureValid();
        return table;
    }

    private void Initialize(in ApiCall call)
    {
        new AvlTable(kernel, call[0]).Initialize();
        _memory.WriteUInt64(call[0] + CompareRoutine, call[1]);
        _memory.WriteUInt64(call[0] + AllocateRoutine, call[2]);
        _memory.WriteUInt64(call[0] + FreeRoutine, call[3]);
        _memory.WriteUInt64(call[0] + TableContext, call[4]);
    }

    // The element that equals a key, or the one below which it belongs.
    private Search Find(ulong address, ulong key, out ulong node)
    {
        const uint LessThan = 0;
        const uint Equal = 2;
        var table = Table(address);
        node = table.Root;
        for (var depth = 0; node != 0 && depth < MaximumDepth; depth++)
        {
            var order = (uint)Call(table, address, CompareRoutine, key, node + LinksBytes);
            if (order == Equal)
            {
                return Search.FoundNode;
            }

            var side = order == LessThan ? -1 : 1;
            if (table.Child(node, side) is var child && child == 0)
            {
                return side < 0 ? Search.InsertAsLeft : Search.InsertAsRight;
            }

            node = table.Child(node, side);
        }

        return node == 0 ? Search.EmptyTree : throw table.Bad("is an AVL table whose links lead in a circle");
    }

    // The table is being walked while its routines run: they must leave it as it is.
    private ulong Call(AvlTable table, ulong address, ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        var (count, deletions) = (table.Count, table.Deletions);
        var result = kernel.Executor.Call(_memory.ReadUInt64(address + routine), [address, .. arguments]);
        return table.Count == count && table.Deletions == deletions ? result : throw table.Bad("is an AVL table that its own routine changes while it is walked");
    }

    private ulong Insert(in ApiCall call)
    {
        var search = Find(call[0], call[1], out var node);
        return Insert(call, node, search);
    }

    private ulong InsertFull(in ApiCall call)
    {
        _ = Table(call[0]);
        return Insert(call, call[4], (Search)call.UInt32(5));
    }

    private ulong Insert(in ApiCall call, ulong parent, Search search)
    {
        var (address, buffer, size, isNew) = (call[0], call[1], call.UInt32(2), call[3]);
        if (isNew != 0)
        {
            _memory.WriteByte(isNew, search == Search.FoundNode ? (byte)0 : (byte)1);
        }

        if (search == Search.FoundNode)
        {
            return Data(parent);
        }

        var table = Table(address);
        var node = Call(table, address, AllocateRoutine, size + LinksBytes);
        if (node == 0)
        {
            return 0;
        }

        kernel.Verifier.CheckRange(node, size + LinksBytes, isWrite: true);
        _memory.Write(node + LinksBytes, _memory.Span(buffer, (int)size));
        table.Insert(node, search == Search.EmptyTree ? 0 : parent, search == Search.InsertAsLeft ? -1 : 1);
        return Data(node);
    }

    private ulong Lookup(in ApiCall call) => Find(call[0], call[1], out var node) == Search.FoundNode ? Data(node) : 0;

    private ulong LookupFull(in ApiCall call)
    {
        var search = Find(call[0], call[1], out var node);
        _memory.WriteUInt64(call[2], node);
        _memory.WriteUInt32(call[3], (uint)search);
        return search == Search.FoundNode ? Data(node) : 0;
    }

    private ulong Delete(in ApiCall call)
    {
        if (Find(call[0], call[1], out var node) != Search.FoundNode)
        {
            return 0;
        }

        Table(call[0]).Delete(node);
        kernel.Executor.Call(_memory.ReadUInt64(call[0] + FreeRoutine), call[0], node);
        return 1;
    }

    private ulong Enumerate(in ApiCall call)
    {
        var table = Table(call[0]);
        var node = call.Flag(1) || table.Restart == 0 ? table.First() : table.Neighbour(table.Restart, 1);
        if (node != 0)
        {
            table.Restart = node;
        }

        return Data(node);
    }

    private ulong EnumerateByKey(in ApiCall call)
    {
        var last = _memory.ReadUInt64(call[1]);
        var table = Table(call[0]);
        var node = last == 0 ? table.First() : table.Neighbour(last, 1);
        if (node != 0)
        {
            _memory.WriteUInt64(call[1], node);
        }

        return Data(node);
    }
}
