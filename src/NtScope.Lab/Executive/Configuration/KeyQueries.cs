using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Executive.Configuration;

/// <summary>Queries and enumerations of keys and values, each between its callbacks: the answer is in the buffer when those after it are called.</summary>
internal sealed class KeyQueries(LabKernel kernel)
{
    private const uint KeyClasses = 10;
    private const uint ValueClasses = 5;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>Reads a value.</summary>
    public NtStatus Value(KernelObject key, string name, KeyQuery query) =>
        kernel.Configuration.WithName(key, name, RegistryNotification.PreQueryValueKey, 0x48, 0x30, [],
            (block, _) =>
            {
                _memory.WriteUInt32(block + 0x10, query.Kind);
                WriteQuery(block + 0x18, query);
            },
            state => state.Values.TryGetValue(name, out var data) ? DeliverValue(name, data, query) : NtStatus.ObjectNameNotFound);

    /// <summary>Describes a key.</summary>
    public NtStatus Key(KernelObject key, KeyQuery query) => kernel.RegistryCallbacks.Do(
        RegistryNotification.PreQueryKey, key, 0x40, 0x28,
        block =>
        {
            _memory.WriteUInt32(block + 8, query.Kind);
            WriteQuery(block + 0x10, query);
        },
        _ => (Live(key, state => DeliverKey(state, query)), key));

    /// <summary>Describes the key below a key that has a number.</summary>
    public NtStatus EnumerateKey(KernelObject key, uint index, KeyQuery query) => Enumerate(
        RegistryNotification.PreEnumerateKey, key, index, query,
        state =>
        {
            const uint Full = 2;
            return index >= state.Keys.Count ? NtStatus.NoMoreEntries
                : query.Kind > Full && query.Kind < KeyClasses ? NtStatus.InvalidParameter
                : DeliverKey(state.Keys.ElementAt((int)index).Value, query);
        });

    /// <summary>Describes the value of a key that has a number.</summary>
    public NtStatus EnumerateValue(KernelObject key, uint index, KeyQuery query) => Enumerate(
        RegistryNotification.PreEnumerateValueKey, key, index, query,
        state =>
        {
            if (index >= state.Values.Count)
            {
                return NtStatus.NoMoreEntries;
            }

            var (name, data) = state.Values.ElementAt((int)index);
            return DeliverValue(name, data, query);
        });

    /// <summary>Reads a value for the executive itself, as callbacks leave it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="name">The value's name.</param>
    /// <param name="data">What it holds; empty unless the status is a success.</param>
    public NtStatus Read(KernelObject key, string name, out RegistryData data)
    {
        var status = Fetch(KeyInformation.Partial, query => Value(key, name, query), length => kernel.Pool.Allocate((ulong)length, "CMqb"), (buffer, _) => kernel.Pool.Free(buffer), out var found);
        data = status == NtStatus.Success ? KeyInformation.DataOf(found) : new RegistryData(0, []);
        return status;
    }

    /// <summary>Asks with a buffer, and again with a larger one where that is called for.</summary>
    /// <param name="kind">The information class.</param>
    /// <param name="query">What asks.</param>
    /// <param name="allocate">Allocates a buffer.</param>
    /// <param name="free">Frees it, by its address and bytes.</param>
    /// <param name="found">The information.</param>
    public NtStatus Fetch(uint kind, Func<KeyQuery, NtStatus> query, Func<int, ulong> allocate, Action<ulong, int> free, out byte[] found)
    {
        const int ResultBytes = 8;
        const int Tries = 3;
        var length = 0x400;
        for (var i = 0; ; i++)
        {
            var buffer = allocate(length + ResultBytes);
            var result = buffer + (ulong)length;
            var status = query(new KeyQuery(kind, buffer, (uint)length, result));
            var needed = (int)Math.Min(_memory.ReadUInt32(result), LabLimits.DataBytes);
            found = _memory.Span(buffer, Math.Min(needed, length)).ToArray();
            free(buffer, length + ResultBytes);
            if (status is not (NtStatus.BufferOverflow or NtStatus.BufferTooSmall) || needed <= length || i == Tries)
            {
                return status;
            }

            length = (needed + ResultBytes - 1) & ~(ResultBytes - 1);
        }
    }

    private static NtStatus Live(KernelObject key, Func<RegistryKey, NtStatus> perform) =>
        ConfigurationManager.KeyOf(key) is { IsDeleted: false } state ? perform(state) : NtStatus.KeyDeleted;

    private NtStatus Enumerate(RegistryNotification operation, KernelObject key, uint index, KeyQuery query, Func<RegistryKey, NtStatus> perform) =>
        kernel.RegistryCallbacks.Do(
            operation, key, 0x40, 0x28,
            block =>
            {
                _memory.WriteUInt32(block + 8, index);
                _memory.WriteUInt32(block + 0xC, query.Kind);
                WriteQuery(block + 0x10, query);
            },
            _ => (Live(key, perform), key));

    private void WriteQuery(ulong at, KeyQuery query)
    {
        _memory.WriteUInt64(at, query.Buffer);
        _memory.WriteUInt32(at + 8, query.Length);
        _memory.WriteUInt64(at + 0x10, query.ResultLength);
    }

    private NtStatus DeliverKey(RegistryKey key, KeyQuery query) => Deliver(KeyInformation.OfKey(key, query.Kind, out var fixedBytes), fixedBytes, query, KeyClasses, "KEY_INFORMATION_CLASS");

    private NtStatus DeliverValue(string name, RegistryData data, KeyQuery query) =>
        Deliver(KeyInformation.OfValue(name, data, query.Kind, out var fixedBytes), fixedBytes, query, ValueClasses, "KEY_VALUE_INFORMATION_CLASS");

    // What does not fit is cut, and says so; nothing is written where not even the fixed part has room.
    private NtStatus Deliver(byte[]? information, int fixedBytes, KeyQuery query, uint classes, string type)
    {
        if (information is null)
        {
            return query.Kind >= classes ? NtStatus.InvalidParameter : throw kernel.Stop("unimplemented", $"{type} {query.Kind} is not implemented", kernel.Threads.Current.Trap.Caller?.Name);
        }

        _memory.WriteUInt32(query.ResultLength, (uint)information.Length);
        if (query.Length < fixedBytes)
        {
            return NtStatus.BufferTooSmall;
        }

        var count = Math.Min(information.Length, (int)Math.Min(query.Length, int.MaxValue));
        kernel.Verifier.CheckRange(query.Buffer, (ulong)count, isWrite: true);
        _memory.Write(query.Buffer, information.AsSpan(0, count));
        return count < information.Length ? NtStatus.BufferOverflow : NtStatus.Success;
    }
}
