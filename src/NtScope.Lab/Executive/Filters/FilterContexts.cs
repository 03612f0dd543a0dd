using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Contexts that minifilters hang on volumes, instances, files, streams and open files. Each target has one of each minifilter and type.</summary>
internal sealed class FilterContexts(LabKernel kernel)
{
    private const ushort VolumeType = 1;
    private readonly Dictionary<ulong, Context> _contexts = [];
    private readonly Dictionary<object, Dictionary<(MiniFilter Filter, ushort Type), ulong>> _attached = [];

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

    /// <summary>Allocates a context with one reference.</summary>
    /// <param name="filter">The minifilter.</param>
    /// <param name="type">FLT_VOLUME_CONTEXT 1, FLT_INSTANCE_CONTEXT 2, FLT_FILE_CONTEXT 4, FLT_STREAM_CONTEXT 8, FLT_STREAMHANDLE_CONTEXT 0x10.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="kind">The pool; a volume's must be nonpaged.</param>
    /// <param name="caller">The place of the call.</param>
    /// <param name="address">The context.</param>
    public NtStatus Allocate(MiniFilter filter, ushort type, ulong size, PoolKind kind, ulong caller, out ulong address)
    {
        const ulong AnySize = ulong.MaxValue;
        address = 0;
        if (type == VolumeType && kind == PoolKind.Paged)
        {
            return NtStatus.InvalidParameter;
        }

        if (filter.Contexts.Find(entry => entry.Type == type && (entry.Size == AnySize || size <= entry.Size)) is not { } registration)
        {
            return NtStatus.FltContextAllocationNotFound;
        }

        address = kernel.Pool.AllocateForDriver(size, registration.Tag, kind, caller);
        if (address == 0)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Memory.Clear(address, (int)size);
        _contexts.Add(address, new Context(filter, type, registration.Cleanup) { References = 1 });
        return NtStatus.Success;
    }

    /// <summary>Attaches a context to a target.</summary>
    /// <param name="filter">The minifilter; null for the one that allocated the context.</param>
    /// <param name="type">The type that the target takes.</param>
    /// <param name="target">What it hangs on.</param>
    /// <param name="operation">FLT_SET_CONTEXT_REPLACE_IF_EXISTS 0, FLT_SET_CONTEXT_KEEP_IF_EXISTS 1.</param>
    /// <param name="address">The context.</param>
    /// <param name="old">The context that was there, with a reference; 0 if none.</param>
    public NtStatus Set(MiniFilter? filter, ushort type, object target, uint operation, ulong address, out ulong old)
    {
        old = 0;
        var context = Get(address);
        if (context.Type != type || operation > 1 || (filter is not null && context.Filter != filter))
        {
            return NtStatus.InvalidParameter;
        }

        if (context.Target is not null)
        {
            return NtStatus.FltContextAlreadyLinked;
        }

        if (!_attached.TryGetValue(target, out var there))
        {
            _attached.Add(target, there = []);
        }

        var key = (context.Filter, type);
        if (there.TryGetValue(key, out old))
        {
            if (operation == 1)
            {
                _contexts[old].References++;
                return NtStatus.FltContextAlreadyDefined;
            }

            _contexts[old].Target = null;
        }

        context.References++;
        context.Target = target;
        there[key] = address;
        return NtStatus.Success;
    }

    /// <summary>Finds the context of a target and takes a reference.</summary>
    public NtStatus Find(MiniFilter? filter, ushort type, object target, out ulong address)
    {
        address = 0;
        if (filter is null || !_attached.TryGetValue(target, out var there) || !there.TryGetValue((filter, type), out address))
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

        if (context.Target is not null)
        {
            kernel.Verifier.Report("bad-object", $"the reference of the context at 0x{address:x} is given back that what it hangs on has", kernel.Threads.Current.Trap.Caller?.Name);
            Unlink(address, context);
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
        var context = Get(address);
        if (context.Target is not null)
        {
            Unlink(address, context);
            Release(address);
        }
    }

    /// <summary>Detaches every context of a target that is gone.</summary>
    public void TargetGone(object target)
    {
        if (_attached.TryGetValue(target, out var there))
        {
            foreach (var address in there.Values.ToArray())
            {
                Delete(address);
            }
        }
    }

    /// <summary>Detaches every context of a minifilter.</summary>
    public void DeleteAll(MiniFilter filter)
    {
        foreach (var (address, _) in _contexts.Where(entry => entry.Value.Filter == filter && entry.Value.Target is not null).ToArray())
        {
            Delete(address);
        }
    }

    private void Unlink(ulong address, Context context)
    {
        var there = _attached[context.Target!];
        if (there.GetValueOrDefault((context.Filter, context.Type)) == address)
        {
            there.Remove((context.Filter, context.Type));
        }

        if (there.Count == 0)
        {
            _attached.Remove(context.Target!);
        }

        context.Target = null;
    }

    private Context Get(ulong address) => _contexts.TryGetValue(address, out var context)
        ? context
        : throw kernel.Stop("bad-object", $"0x{address:x} is used as a filter context and is none, or no longer", kernel.Threads.Current.Trap.Caller?.Name);

    private sealed class Context(MiniFilter filter, ushort type, ulong cleanup)
    {
        public MiniFilter Filter { get; } = filter;

        public ushort Type { get; } = type;

        public ulong Cleanup { get; } = cleanup;

        public int References { get; set; }

        public object? Target { get; set; }
    }
}
