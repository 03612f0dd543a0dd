using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Network;

/// <summary>
/// Traffic as callouts see it, in the machine's memory until this is disposed: FWPS_INCOMING_VALUES0, FWPS_INCOMING_METADATA_VALUES0 and
/// FWPS_CLASSIFY_OUT0 (fwpsk.h).
/// </summary>
internal sealed class TrafficBlock : IDisposable
{
    private const ulong ValueBytes = 16;
    private const ulong MetadataBytes = 0x140;
    private const ulong OutBytes = 0x28;
    private const uint FlowHandle = 0x2;
    private const uint ProcessPath = 0x8;
    private const uint ProcessId = 0x20;
    private const uint Compartment = 0x800;
    private readonly LabKernel _kernel;
    private readonly GuestMemory _memory;
    private ulong _next;

    /// <summary>Writes traffic as a layer tells it.</summary>
    public TrafficBlock(LabKernel kernel, FilteringLayer layer, NetworkTraffic traffic)
    {
        _kernel = kernel;
        _memory = kernel.Memory;
        var values = layer.Fields.Select(traffic.Of).ToArray();
        var bytes = (ulong)values.Sum(value => 32 + (value.Bytes?.Length ?? 0) + 16) + 0x40 + MetadataBytes + OutBytes + (ulong)traffic.Application.Length;
        Values = _next = kernel.Pool.Allocate(bytes, "WfpV");
        Take(ValueBytes);
        var array = Take(ValueBytes * (ulong)values.Length);
        Metadata = Take(MetadataBytes);
        Out = Take(OutBytes);
        _memory.WriteUInt16(Values, layer.Id);
        _memory.WriteUInt32(Values + 4, (uint)values.Length);
        _memory.WriteUInt64(Values + 8, array);
        for (var index = 0; index < values.Length; index++)
        {
            Write(array + ((ulong)index * ValueBytes), values[index]);
        }

        _memory.WriteUInt32(Metadata, ProcessPath | ProcessId | Compartment | (traffic.Flow == 0 ? 0 : FlowHandle));
        _memory.WriteUInt64(Metadata + 0x20, traffic.Flow);
        _memory.WriteUInt64(Metadata + 0x30, Blob(traffic.Application));
        _memory.WriteUInt64(Metadata + 0x40, traffic.Process.Id);
        _memory.WriteUInt32(Metadata + 0x50, 1);
    }

    /// <summary>The fields.</summary>
    public ulong Values { get; }

    /// <summary>What is known beside them.</summary>
    public ulong Metadata { get; }

    /// <summary>Where a callout puts its decision.</summary>
    public ulong Out { get; }

    /// <inheritdoc/>
    public void Dispose() => _kernel.Pool.Free(Values);

    private void Write(ulong place, FieldValue value)
    {
        _memory.WriteUInt32(place, value.Type);
        _memory.WriteUInt64(place + 8, value.Type switch
        {
            FieldValue.ByteBlob => Blob(value.Bytes!),
            FieldValue.ByteArray16 => Copy(value.Bytes!),
            FieldValue.UInt64 => Copy(BitConverter.GetBytes(value.Number)),
            _ => value.Number,
        });
    }

    private ulong Blob(byte[] bytes)
    {
        var blob = Take(16);
        _memory.WriteUInt32(blob, (uint)bytes.Length);
        _memory.WriteUInt64(blob + 8, Copy(bytes));
        return blob;
    }

    private ulong Copy(byte[] bytes)
    {
        var place = Take((ulong)bytes.Length);
        _memory.Write(place, bytes);
        return place;
    }

    private ulong Take(ulong bytes)
    {
        var place = _next;
        _next += (bytes + 7) & ~7UL;
        return place;
    }
}
