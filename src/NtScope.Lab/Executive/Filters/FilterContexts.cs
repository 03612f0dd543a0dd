using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Contexts that minifilters hang on volumes, instances, files, streams and open files.</summary>
internal sealed class FilterContexts(LabKernel kernel)
{
    private readonly Dictionary<ulong, Context> _contexts = [];
    private readonly Dictionary<(ulong Instance, ushort Type, object Target), ulong> _attached = [];

    /// <summary>Reads FLT_CONTEXT_REGISTRATION entries up to their end.</summary>
    public static void ReadRegistrations(GuestMemory memory, MiniFilter filter, ulong entries)
    {
        const ushort End = 0xFFFF;
        for (var i = 0UL; entries != 0 && i < 64 && memory.ReadUInt16(entries + (i * 0x38)) is var type && type != End; i++)
        {
            var entry = entries + (i * 0x38);
            filter.Contexts.Add(new ContextRegistration(type, memory.ReadUInt64(entry + 8), memory.ReadUInt64(entry + 0x10), memory.ReadUInt32(entry + 0x18)));
        }
    }

    /// <summary>Contexts that a driver allocated and that still have references.</summary>
    public IEnumerable<(ulong Address, int References)> OwnedBy(LoadedDriver driver) =>
        _contexts.Where(entry => entry.Value.Owner == driver).Select(entry => (entry.Key, entry.Value.References));

    /// <summary>Allocates a context with one reference.</summary>
    public NtStatus Allocate(MiniFilter filter, ushort type, ulong size, ulong caller, out ulong address)
    {
        const ulong AnySize = ulong.MaxValue;
        address = 0;
        if (filter.Contexts.Find(entry => entry.Type == type && (entry.Size == AnySize || size <= entry.Size)) is not { } registration)
        {
            return (NtStatus)0xC01C0016;
        }

        address = kernel.Pool.AllocateForDriver(size, registration.Tag, Pool.PoolKind.NonPaged, caller);
        if (address == 0)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Memory.Clear(address, (int)size);
        _contexts.Add(address, new Context(type, registration.Cleanup, filter.Owner) { References = 1 });
        return NtStatus.Success;
    }

    /// <summary>Attaches a context to a target.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="target">What it hangs on.</param>
    /// <param name="operation">FLT_SET_CONTEXT_REPLACE_IF_EXISTS 0, FLT_SET_CONTEXT_KEEP_IF_EXISTS 1.</param>
    /// <param name="address">The context.</param>
    /// <param name="old">The context that was there, with a reference; 0 if none.</param>
    public NtStatus Set(ulong instance, object target, uint operation, ulong address, out ulong old)
    {
        old = 0;
        var context = Get(address);
        var key = (instance, context.Type, target);
        if (_attached.TryGetValue(key, out var there))
        {
            if (operation == 1)
            {
                old = there;
                _contexts[there].References++;
                return NtStatus.FltContextAlreadyDefined;
            }

            old = there;
        }

        context.References++;
        _attached[key] = address;
        return NtStatus.Success;
    }

    /// <summary>Finds the context of a target and takes a reference.</summary>
    public NtStatus Find(ulong instance, ushort type, object target, out ulong address)
    {
        if (!_attached.TryGetValue((instance, type, target), out address))
        {
            return NtStatus.NotFound;
        }

        _contexts[address].References++;
        return NtStatus.Success;
    }

    /// <summary>Takes a reference.</summary>
    public void Reference(ulong address) => Get(address).References++;

    /// <summary>Gives a reference back; the last one frees the context.</summary>
    public void Release(ulong address)
    {
        var context = Get(address);
        if (--context.References > 0)
        {
            return;
        }

        if (context.Cleanup != 0)
        {
            kernel.Verifier.CallDriver("a context cleanup routine", context.Cleanup, address, context.Type);
        }

        _contexts.Remove(address);
        kernel.Pool.Free(address);
    }

    /// <summary>Detaches a context from its target.</summary>
    public void Delete(ulong address)
    {
        foreach (var key in _attached.Where(entry => entry.Value == address).Select(entry => entry.Key).ToArray())
        {
            _attached.Remove(key);
            Release(address);
        }
    }

    /// <summary>Detaches every context of a target that is gone.</summary>
    public void TargetGone(object target)
    {
        foreach (var (key, address) in _attached.Where(entry => entry.Key.Target == target).ToArray())
        {
            _attached.Remove(key);
            Release(address);
        }
    }

    /// <summary>Detaches every context of a minifilter.</summary>
    public void DeleteAll(MiniFilter filter)
    {
        foreach (var (key, address) in _attached.Where(entry => entry.Key.Instance == filter.Instance).ToArray())
        {
            _attached.Remove(key);
            Release(address);
        }
    }

    private Context Get(ulong address) => _contexts.TryGetValue(address, out var context)
        ? context
        : throw kernel.Stop("bad-object", $"0x{address:x} is used as a filter context and is none, or no longer", kernel.Threads.Current.Trap.Caller?.Name);

    private sealed class Context(ushort type, ulong cleanup, LoadedDriver? owner)
    {
        public ushort Type { get; } = type;

        public ulong Cleanup { get; } = cleanup;

        public LoadedDriver? Owner { get; } = owner;

        public int References { get; set; }
    }
}
