using System.Buffers.Binary;
using System.Collections;
using NtScope.Knowledge.Storage;

namespace NtScope.Knowledge;

/// <summary>The exact service table (<c>KiServiceTable</c>) of one real kernel, by index. It is read where it is embedded.</summary>
public sealed class KnownServiceTable : IReadOnlyList<KnownService>
{
    private readonly ServiceFile _file;
    private readonly ServiceFile.KernelRecord _record;

    internal KnownServiceTable(ServiceFile file, ServiceFile.KernelRecord record)
    {
        _file = file;
        _record = record;
        Count = file.ServiceCount(record);
    }

    /// <summary>Where <c>KiServiceTable</c> is, in bytes from the kernel's base.</summary>
    public uint TableRva => _record.TableRva;

    /// <summary>Where <c>KiServiceLimit</c> is, in bytes from the kernel's base.</summary>
    public uint LimitRva => _record.LimitRva;

    /// <summary>Where <c>KiArgumentTable</c> is, in bytes from the kernel's base.</summary>
    public uint ArgumentTableRva => _record.ArgumentTableRva;

    /// <summary>How many services there are.</summary>
    public int Count { get; }

    /// <summary>The service with an index.</summary>
    public KnownService this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new KnownService(index, _file.ServiceName(_record, index), RvaOf(index));
        }
    }

    /// <summary>Where the routine of a service is, in bytes from the kernel's base, without reading its name.</summary>
    public uint RvaOf(int index) => BinaryPrimitives.ReadUInt32LittleEndian(_file.ServiceRvas(_record).Slice(index * sizeof(uint), sizeof(uint)));

    /// <summary>Finds a service's number by its exact name.</summary>
    public bool TryGetIndex(string name, out int index)
    {
        index = _file.FindService(_record, name);
        return index >= 0;
    }

    /// <inheritdoc/>
    public IEnumerator<KnownService> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
