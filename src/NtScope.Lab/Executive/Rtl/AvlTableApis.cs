using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Rtl;

/// <summary>
/// RTL_AVL_TABLE: elements live in guest memory behind RTL_BALANCED_LINKS, made and compared by the driver's routines. The order is
/// kept here; drivers use the routines, not the links.
/// </summary>
internal sealed class AvlTableApis(LabKernel kernel) : IApiFamily
{
    private const ulong LinksBytes = 0x20;
    private const ulong OrderedPointer = 0x20;
    private const ulong WhichOrdered = 0x28;
    private const ulong Elements = 0x2C;
    private const ulong CompareRoutine = 0x48;
    private const ulong AllocateRoutine = 0x50;
    private const ulong FreeRoutine = 0x58;
    private const ulong TableContext = 0x60;
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, List<ulong>> _tables = [];

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("RtlInitializeGenericTableAvl", Irql.Dispatch, Initialize);
        table.Add("RtlInsertElementGenericTableAvl", Irql.Dispatch, Insert);
        table.Add("RtlLookupElementGenericTableAvl", Irql.Dispatch, Lookup);
        table.Add("RtlDeleteElementGenericTableAvl", Irql.Dispatch, Delete);
        table.Add("RtlEnumerateGenericTableAvl", Irql.Dispatch, Enumerate);
        table.Add("RtlGetElementGenericTableAvl", Irql.Dispatch, Get);
        table.Add("RtlNumberGenericTableElementsAvl", Irql.Dispatch, (in ApiCall call) => _memory.ReadUInt32(call[0] + Elements));
        table.Add("RtlIsGenericTableEmptyAvl", Irql.Dispatch, (in ApiCall call) => _memory.ReadUInt32(call[0] + Elements) == 0 ? 1UL : 0);
    }

    private void Initialize(in ApiCall call)
    {
        _memory.Clear(call[0], 0x68);
        _memory.WriteUInt64(call[0] + CompareRoutine, call[1]);
        _memory.WriteUInt64(call[0] + AllocateRoutine, call[2]);
        _memory.WriteUInt64(call[0] + FreeRoutine, call[3]);
        _memory.WriteUInt64(call[0] + TableContext, call[4]);
        _tables[call[0]] = [];
    }

    private List<ulong> Table(ulong table) => _tables.TryGetValue(table, out var nodes)
        ? nodes
        : throw kernel.Stop("bad-table", $"0x{table:x} is used as an AVL table and is none");

    private int Find(ulong table, List<ulong> nodes, ulong key, out int insertAt)
    {
        const ulong LessThan = 0;
        const ulong Equal = 2;
        var (low, high) = (0, nodes.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = (uint)kernel.Executor.Call(_memory.ReadUInt64(table + CompareRoutine), table, key, nodes[middle] + LinksBytes);
            if (order == Equal)
            {
                insertAt = middle;
                return middle;
            }

            if (order == LessThan)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        insertAt = low;
        return -1;
    }

    private ulong Insert(in ApiCall call)
    {
        var (table, buffer, size, isNew) = (call[0], call[1], call.UInt32(2), call[3]);
        var nodes = Table(table);
        var found = Find(table, nodes, buffer, out var at);
        if (isNew != 0)
        {
            _memory.WriteByte(isNew, found < 0 ? (byte)1 : (byte)0);
        }

        if (found >= 0)
        {
            return nodes[found] + LinksBytes;
        }

        var node = kernel.Executor.Call(_memory.ReadUInt64(table + AllocateRoutine), table, size + LinksBytes);
        if (node == 0)
        {
            return 0;
        }

        _memory.Clear(node, (int)LinksBytes);
        _memory.Write(node + LinksBytes, _memory.Span(buffer, (int)size));
        nodes.Insert(at, node);
        SetCount(table, nodes);
        return node + LinksBytes;
    }

    private ulong Lookup(in ApiCall call)
    {
        var nodes = Table(call[0]);
        var found = Find(call[0], nodes, call[1], out _);
        return found < 0 ? 0 : nodes[found] + LinksBytes;
    }

    private ulong Delete(in ApiCall call)
    {
        var nodes = Table(call[0]);
        var found = Find(call[0], nodes, call[1], out _);
        if (found < 0)
        {
            return 0;
        }

        var node = nodes[found];
        nodes.RemoveAt(found);
        SetCount(call[0], nodes);
        kernel.Executor.Call(_memory.ReadUInt64(call[0] + FreeRoutine), call[0], node);
        return 1;
    }

    private ulong Enumerate(in ApiCall call)
    {
        var nodes = Table(call[0]);
        var next = call.Flag(1) ? 0 : _memory.ReadUInt32(call[0] + WhichOrdered);
        if (next >= nodes.Count)
        {
            return 0;
        }

        _memory.WriteUInt32(call[0] + WhichOrdered, next + 1);
        _memory.WriteUInt64(call[0] + OrderedPointer, nodes[(int)next]);
        return nodes[(int)next] + LinksBytes;
    }

    private ulong Get(in ApiCall call)
    {
        var nodes = Table(call[0]);
        return call.UInt32(1) < nodes.Count ? nodes[(int)call.UInt32(1)] + LinksBytes : 0;
    }

    private void SetCount(ulong table, List<ulong> nodes) => _memory.WriteUInt32(table + Elements, (uint)nodes.Count);
}
