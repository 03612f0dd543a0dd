using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Pool;
using NtScope.Lab.Machine.Callbacks;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Callbacks before and after handles to processes and threads are opened (ObRegisterCallbacks).</summary>
internal sealed class ObjectCallbacks(LabKernel kernel)
{
    private const uint OperationCreate = 1;
    private const uint OperationDuplicate = 2;
    private readonly List<ObjectCallback> _callbacks = [];
    private readonly Dictionary<ulong, List<ObjectOperation>> _registrations = [];

    /// <summary>What is registered, the highest altitude first.</summary>
    public IReadOnlyList<ObjectCallback> All => _callbacks;

    /// <summary>Registers the operations of one OB_CALLBACK_REGISTRATION.</summary>
    public NtStatus Register(ulong registration, ulong caller, out ulong handle)
    {
        var memory = kernel.Memory;
        handle = 0;
        var version = memory.ReadUInt16(registration);
        var count = memory.ReadUInt16(registration + 2);
        var altitude = memory.ReadUnicodeString(registration + 8);
        if (version >> 8 != 1 || count is 0 or > 64 || !Altitude.TryParse(altitude, out var parsed))
        {
            return NtStatus.InvalidParameter;
        }

        if (_callbacks.Any(callback => callback.Altitude.Equals(parsed)))
        {
            return NtStatus.FltInstanceAltitudeCollision;
        }

        var context = memory.ReadUInt64(registration + 0x18);
        var operations = memory.ReadUInt64(registration + 0x20);
        var added = new List<ObjectOperation>();
        for (var i = 0UL; i < count; i++)
        {
            var operation = operations + (i * 0x20);
            var type = memory.ReadUInt64(memory.ReadUInt64(operation));
            var (pre, post) = (memory.ReadUInt64(operation + 0x10), memory.ReadUInt64(operation + 0x18));
            if (kernel.Objects.KindOf(type) is not (ObjectKind.Process or ObjectKind.Thread) || (pre == 0 && post == 0))
            {
                return NtStatus.InvalidParameter;
            }

            if ((pre != 0 && !kernel.Processes.AcceptsCallback(pre)) || (post != 0 && !kernel.Processes.AcceptsCallback(post)))
            {
                return NtStatus.AccessDenied;
            }

            added.Add(new ObjectOperation(new VirtualAddress(type), memory.ReadUInt32(operation + 8), new VirtualAddress(pre), new VirtualAddress(post)));
        }

        var origin = kernel.Traces.Capture();
        var identity = kernel.Windows.Callbacks.AddObject(altitude, context, added).Value;
        _callbacks.AddRange(added.Select(operation => new ObjectCallback(
            identity, kernel.Objects.KindOf(operation.Type.Value)!.Value, operation.Operations, operation.Before.Value, operation.After.Value, context, parsed, kernel.Drivers.At(caller), origin)));
        _registrations.Add(identity, added);
        _callbacks.Sort((left, right) => right.Altitude.CompareTo(left.Altitude));
        handle = identity;
        return NtStatus.Success;
    }

    /// <summary>Takes a registration out.</summary>
    public bool Unregister(ulong handle)
    {
        if (!_registrations.Remove(handle, out var operations))
        {
            return false;
        }

        _callbacks.RemoveAll(callback => callback.Registration == handle);
        kernel.Windows.Callbacks.RemoveObject(new VirtualAddress(handle), operations);
        return true;
    }

    /// <summary>Asks the callbacks what a new handle grants.</summary>
    /// <param name="item">What is opened.</param>
    /// <param name="access">The desired access.</param>
    /// <param name="isKernelHandle">Whether a kernel handle is asked for; callbacks may not change those.</param>
    public uint Open(KernelObject item, uint access, bool isKernelHandle) => Ask(item, OperationCreate, access, isKernelHandle, 0, 0);

    /// <summary>Asks the callbacks what a duplicate of a handle grants.</summary>
    /// <param name="item">What the handle is to.</param>
    /// <param name="access">The desired access.</param>
    /// <param name="isKernelHandle">Whether a kernel handle is asked for; callbacks may not change those.</param>
    /// <param name="source">The EPROCESS whose handle is duplicated.</param>
    /// <param name="target">The EPROCESS that gets the new one.</param>
    public uint Duplicate(KernelObject item, uint access, bool isKernelHandle, ulong source, ulong target) =>
        Ask(item, OperationDuplicate, access, isKernelHandle, source, target);

    private uint Ask(KernelObject item, uint operation, uint access, bool isKernelHandle, ulong source, ulong target)
    {
        if (_callbacks.Count == 0)
        {
            return access;
        }

        var memory = kernel.Memory;
        var block = kernel.Pool.Allocate(0x80, "ObPr", PoolKind.NonPaged);
        var parameters = block + 0x40;
        memory.WriteUInt32(block, operation);
        memory.WriteUInt32(block + 4, isKernelHandle ? 1u : 0);
        memory.WriteUInt64(block + 8, item.Address);
        memory.WriteUInt64(block + 0x10, kernel.Objects.TypeOf(item.Kind));
        memory.WriteUInt64(block + 0x20, parameters);
        memory.WriteUInt32(parameters, access);
        memory.WriteUInt32(parameters + 4, access);
        memory.WriteUInt64(parameters + 8, source);
        memory.WriteUInt64(parameters + 0x10, target);
        var called = new List<(ObjectCallback Callback, ulong Context)>();
        foreach (var callback in _callbacks.Where(callback => callback.Kind == item.Kind && (callback.Operations & operation) != 0).ToArray())
        {
            memory.WriteUInt64(block + 0x18, 0);
            if (callback.Pre != 0)
            {
                kernel.Verifier.CallDriver("an object pre-operation callback", callback.Pre, callback.Context, block);
            }

            called.Add((callback, memory.ReadUInt64(block + 0x18)));
            if (isKernelHandle)
            {
                memory.WriteUInt32(parameters, access);
            }

            // A callback may take rights away and may not add any.
            memory.WriteUInt32(parameters, memory.ReadUInt32(parameters) & access);
        }

        var granted = memory.ReadUInt32(parameters);
        for (var i = called.Count - 1; i >= 0; i--)
        {
            var (callback, context) = called[i];
            if (callback.Post != 0)
            {
                memory.WriteUInt64(block + 0x18, context);
                memory.WriteUInt32(block + 0x20, 0);
                memory.WriteUInt64(block + 0x28, parameters);
                memory.WriteUInt32(parameters, granted);
                kernel.Verifier.CallDriver("an object post-operation callback", callback.Post, callback.Context, block);
            }
        }

        kernel.Pool.Free(block);
        return granted;
    }

    /// <summary>Takes all callbacks of a driver out; used when it is gone.</summary>
    public void RemoveAll(LoadedDriver driver)
    {
        foreach (var handle in _callbacks.Where(callback => callback.Owner == driver).Select(callback => callback.Registration).Distinct().ToArray())
        {
            Unregister(handle);
        }
    }
}
