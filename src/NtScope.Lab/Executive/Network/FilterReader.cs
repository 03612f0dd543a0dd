using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Network;

/// <summary>Reads filters that drivers add: FWPM_FILTER0 (fwpmtypes.h). What the machine cannot decide by stops it.</summary>
internal sealed class FilterReader(LabKernel kernel)
{
    private const uint MaximumConditions = 256;
    private const ulong ConditionBytes = 0x28;
    private const uint MaximumBlob = 0x1_0000;
    private const int WeightClassBits = 60;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>The layer of an identifier; stops the machine if it does not have it.</summary>
    public FilteringLayer LayerOf(Guid key, string routine) =>
        FilteringLayer.Find(key) ?? throw kernel.Stop("unimplemented", $"{routine} names layer {key}; the machine has the ALE layers for assignment, accept, connect and established flows", routine);

    /// <summary>Reads a filter.</summary>
    /// <param name="address">The FWPM_FILTER0.</param>
    /// <param name="id">Its number.</param>
    /// <param name="routine">The routine that it is handed to.</param>
    /// <param name="filter">The filter.</param>
    public NtStatus Read(ulong address, ulong id, string routine, out NetworkFilter? filter)
    {
        filter = null;
        var layer = LayerOf(Key(address + 0x40), routine);
        var (count, action) = (_memory.ReadUInt32(address + 0x70), _memory.ReadUInt32(address + 0x80));
        if (action is not (NetworkFilter.Block or NetworkFilter.Permit or NetworkFilter.CalloutTerminating or NetworkFilter.CalloutInspection or NetworkFilter.CalloutUnknown))
        {
            return NtStatus.FwpInvalidActionType;
        }

        if (count > MaximumConditions)
        {
            return NtStatus.FwpInvalidParameter;
        }

        var conditions = new List<FilterCondition>();
        for (var index = 0u; index < count; index++)
        {
            var place = _memory.ReadUInt64(address + 0x78) + (index * ConditionBytes);
            var (key, match) = (Key(place), _memory.ReadUInt32(place + 0x10));
            var field = FilterCondition.FieldOf(key) ?? throw kernel.Stop("unimplemented", $"{routine} names condition {key}, which the machine cannot decide by", routine);
            if (!layer.Fields.Contains(field))
            {
                return NtStatus.FwpConditionNotFound;
            }

            if (!FilterCondition.IsMatch(match))
            {
                return NtStatus.FwpInvalidParameter;
            }

            var value = Value(place + 0x18, routine, out var second);
            conditions.Add(new FilterCondition(field, match, value, second));
        }

        var subLayer = Key(address + 0x50);
        filter = new NetworkFilter(
            id, layer, subLayer == Guid.Empty ? Classifier.UniversalSubLayer : subLayer, WeightOf(address + 0x60, conditions.Count, routine), _memory.ReadUInt32(address + 0x20),
            action, Key(address + 0x84), _memory.ReadUInt64(address + 0x98), conditions);
        return NtStatus.Success;
    }

    private Guid Key(ulong address) => new(_memory.Span(address, 16));

    // Without a weight the more exact filter is the heavier one; a small number is the class of such a weight.
    private ulong WeightOf(ulong place, int conditions, string routine)
    {
        var weight = Value(place, routine, out _);
        return weight.Type switch
        {
            FieldValue.UInt8 => (weight.Number << WeightClassBits) + (ulong)conditions,
            FieldValue.UInt64 => weight.Number,
            _ => (ulong)conditions,
        };
    }

    private FieldValue Value(ulong place, string routine, out FieldValue second)
    {
        second = default;
        var (type, content) = (_memory.ReadUInt32(place), _memory.ReadUInt64(place + 8));
        switch (type)
        {
            case FieldValue.Empty:
                return default;
            case FieldValue.UInt8:
                return new FieldValue(type, (byte)content);
            case FieldValue.UInt16:
                return new FieldValue(type, (ushort)content);
            case FieldValue.UInt32:
                return new FieldValue(type, (uint)content);
            case FieldValue.UInt64:
                return new FieldValue(type, _memory.ReadUInt64(content));
            case FieldValue.ByteArray16:
                return new FieldValue(type, 0, _memory.Span(content, 16).ToArray());
            case FieldValue.ByteBlob:
                return new FieldValue(type, 0, _memory.Span(_memory.ReadUInt64(content + 8), (int)Math.Min(_memory.ReadUInt32(content), MaximumBlob)).ToArray());
            case FieldValue.AddressAndMask:
                second = new FieldValue(FieldValue.UInt32, _memory.ReadUInt32(content + 4));
                return new FieldValue(type, _memory.ReadUInt32(content));
            case FieldValue.AddressAndPrefix:
                second = new FieldValue(FieldValue.UInt8, _memory.ReadByte(content + 16));
                return new FieldValue(type, 0, _memory.Span(content, 16).ToArray());
            case FieldValue.Range when _memory.ReadUInt32(content) < FieldValue.AddressAndMask && _memory.ReadUInt32(content + 16) < FieldValue.AddressAndMask:
                second = Value(content + 16, routine, out _);
                return Value(content, routine, out _);
            default:
                throw kernel.Stop("unimplemented", $"{routine} is handed a value of type 0x{type:x}, which the machine cannot compare", routine);
        }
    }
}
