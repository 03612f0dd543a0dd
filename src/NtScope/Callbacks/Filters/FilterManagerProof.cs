using System.Runtime.InteropServices;
using NtScope.Kernel;

namespace NtScope.Callbacks.Filters;

/// <summary>
/// Proves a place and offsets of the filter manager by what must hold: a filter names its frame and has a name and a decimal altitude, its operations
/// end with the mark of the last, an instance names its filter and a callback node its instance, a volume has the name of a device.
/// </summary>
internal sealed class FilterManagerProof(KernelContext context, VirtualAddress head, ProofAllowance allowance)
{
    private const uint Step = sizeof(ulong);
    private const uint FrameLinks = 8;
    private const uint FrameFilters = 0x48 + 0x68;
    private const uint PrimaryLink = 0x10;
    private const uint NameInFilter = 0x08;
    private const uint AltitudeInFilter = 0x18;
    private const uint InstancesInFilter = 0x38 + 0x68;
    private const uint VolumeInInstance = 0x08;
    private const uint FilterInInstance = 0x10;
    private const uint LinkInInstance = 0x40;
    private const uint InstanceInNode = 0x10;
    private const uint OperationSize = 0x20;
    private const byte LastOperation = 0x80;
    private const int Operations = 64;
    private const int NamedFunctions = 22;
    private const int LongestName = 128;

    private readonly List<(VirtualAddress Frame, VirtualAddress Filter)> _filters = [];

    /// <summary>How many filters the frames have.</summary>
    public int Filters => _filters.Count;

    /// <summary>The filters that contradict the offsets which the others fit: something changed their names, altitudes or frames.</summary>
    public IReadOnlySet<VirtualAddress> Contradicting { get; private set; } = new HashSet<VirtualAddress>();

    /// <summary>The offsets that most filters fit, the given ones where they do; null if none in reach of them does.</summary>
    public FilterManagerOffsets? Fit(FilterManagerOffsets offsets) => FindFitting(offsets) is { } fitting && !allowance.IsUsedUp ? fitting : null;

    private FilterManagerOffsets? FindFitting(FilterManagerOffsets offsets)
    {
        if (!ReadFilters())
        {
            return null;
        }

        if (_filters.Count == 0)
        {
            return offsets;
        }

        // What most say holds: one that was changed is its own contradiction, not the layout's.
        if (MostFitting(Near(offsets.ObjectSize, 0x20, 0x40), _filters, IsFilter) is not { } start)
        {
            return null;
        }

        var fitting = _filters.Where(filter => IsFilter(filter, start)).ToList();
        Contradicting = _filters.Except(fitting).Select(filter => filter.Filter).ToHashSet();
        if (FindOperations(fitting, start, offsets.Operations) is not { } operations)
        {
            return null;
        }

        var instances = new List<(VirtualAddress Filter, VirtualAddress Instance)>();
        foreach (var (_, filter) in fitting)
        {
            if (Walk(filter + start + InstancesInFilter, Limits.FilterInstances) is { } links)
            {
                instances.AddRange(links.Select(link => (filter, link - LinkInInstance - start)));
            }
        }

        var own = instances.FindAll(item => ReadPointer(item.Instance + start + FilterInInstance) == item.Filter);
        if (own.Count * 2 < instances.Count)
        {
            return null;
        }

        return new FilterManagerOffsets(
            start,
            operations,
            own.Count == 0 ? offsets.CallbackNodes : MostFitting(Near(offsets.CallbackNodes!.Value, 0x60, 0xA0), own, (item, place) => HasNodes(item, start, operations, place)),
            own.Count == 0 ? offsets.DeviceName : MostFitting(Near(offsets.DeviceName!.Value, 0x20, 0x60), own, (item, place) => HasDeviceName(item.Instance + start + VolumeInInstance, start + place)));
    }

    // A filter may have registered no operations; if none has, nothing contradicts the expected place.
    private uint? FindOperations(List<(VirtualAddress Frame, VirtualAddress Filter)> filters, uint start, uint expected)
    {
        var withTable = filters.FindAll(filter => ReadPointer(filter.Filter + start + expected) is not { IsZero: true });
        return Fitting(filters) ?? (withTable.Count == 0 ? expected : Fitting(withTable));

        uint? Fitting(List<(VirtualAddress Frame, VirtualAddress Filter)> some) =>
            MostFitting(Near(expected, 0x158, 0x190), some, (filter, place) => OperationsAt(filter.Filter + start + place).Count > 0);
    }

    // The place that most items fit, the expected one where several do; null if it is not more than half of them.
    private static uint? MostFitting<TItem>(IEnumerable<uint> places, List<TItem> items, Func<TItem, uint, bool> fits)
    {
        var (best, most) = (0u, items.Count / 2);
        foreach (var place in places)
        {
            var count = items.Count(item => fits(item, place));
            if (count > most)
            {
                (best, most) = (place, count);
            }

            if (most == items.Count)
            {
                break;
            }
        }

        return best == 0 ? null : best;
    }

    // The expected value first, then all between the bounds.
    private static IEnumerable<uint> Near(uint expected, uint lowest, uint highest)
    {
        yield return expected;
        for (var value = lowest; value <= highest; value += Step)
        {
            if (value != expected)
            {
                yield return value;
            }
        }
    }

    private bool ReadFilters()
    {
        if (Walk(head, Limits.FilterFrames) is not { Count: > 0 } frames)
        {
            return false;
        }

        foreach (var link in frames)
        {
            var frame = link - FrameLinks;
            if (Walk(frame + FrameFilters, Limits.Filters - _filters.Count) is not { } filters)
            {
                return false;
            }

            _filters.AddRange(filters.Select(filter => (frame, filter - PrimaryLink)));
        }

        return true;
    }

    // A list that does not come back to its head proves nothing.
    private IReadOnlyList<VirtualAddress>? Walk(VirtualAddress list, int limit)
    {
        if (!allowance.TryTake(1))
        {
            return null;
        }

        var walk = ListWalk.Read(context.Memory, list, limit);
        return walk.Problem is null && allowance.TryTake(walk.Links.Count) ? walk.Links : null;
    }

    private VirtualAddress? ReadPointer(VirtualAddress address) => allowance.TryTake(1) ? context.ReadPointer(address) : null;

    private bool IsFilter((VirtualAddress Frame, VirtualAddress Filter) filter, uint size) =>
        ReadPointer(filter.Filter + size) == filter.Frame
        && TextAt(filter.Filter + size + NameInFilter) is { Length: > 0 }
        && TextAt(filter.Filter + size + AltitudeInFilter) is { Length: > 0 } altitude
        && altitude.All(character => char.IsAsciiDigit(character) || character == '.');

    private bool HasNodes((VirtualAddress Filter, VirtualAddress Instance) item, uint start, uint operations, uint nodes)
    {
        var hasAny = false;
        foreach (var function in OperationsAt(item.Filter + start + operations))
        {
            if (NodeIndex(function) is not { } index)
            {
                continue;
            }

            if (ReadPointer(item.Instance + start + nodes + index * Step) is not { } node
                || (!node.IsZero && ReadPointer(node + InstanceInNode) != item.Instance))
            {
                return false;
            }

            hasAny |= !node.IsZero;
        }

        return hasAny;
    }

    /// <summary>Which callback node belongs to a major function, for those of the filter manager's own operations are negative; null if none does.</summary>
    public static uint? NodeIndex(byte majorFunction) =>
        (sbyte)majorFunction + NamedFunctions is >= 0 and < (int)FilterManagerTypes.CallbackNodes and var index ? (uint)index : null;

    /// <summary>The major function that a callback node belongs to.</summary>
    public static byte FunctionOf(uint index) => unchecked((byte)((int)index - NamedFunctions));

    private bool HasDeviceName(VirtualAddress volumeField, uint place) =>
        ReadPointer(volumeField) is { IsZero: false } volume && TextAt(volume + place) is ['\\', ..];

    // The major functions of the array that a pointer leads to; empty if it is none.
    private List<byte> OperationsAt(VirtualAddress field)
    {
        var functions = new List<byte>();
        if (ReadPointer(field) is not { IsZero: false } operation)
        {
            return [];
        }

        for (var count = 0; count < Operations; count++, operation += OperationSize)
        {
            if (!context.Memory.TryReadByte(operation, out var function, out _))
            {
                return [];
            }

            if (function == LastOperation)
            {
                return functions;
            }

            if (!IsRoutineOrZero(operation + 0x08) || !IsRoutineOrZero(operation + 0x10))
            {
                return [];
            }

            functions.Add(function);
        }

        return [];
    }

    private bool IsRoutineOrZero(VirtualAddress field) => ReadPointer(field) is { } routine && (routine.IsZero || routine.Value >> 47 == 0x1FFFF);

    private string? TextAt(VirtualAddress address)
    {
        if (!context.Memory.TryReadUInt16(address, out var length, out _) || length is 0 or > LongestName * sizeof(char) || length % sizeof(char) != 0
            || ReadPointer(address + Step) is not { IsZero: false } buffer)
        {
            return null;
        }

        var text = new char[length / sizeof(char)];
        return context.Memory.TryRead(buffer, MemoryMarshal.AsBytes(text.AsSpan()), out _) ? new string(text) : null;
    }
}
