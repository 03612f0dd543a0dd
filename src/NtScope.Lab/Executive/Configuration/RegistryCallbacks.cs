using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Configuration;

/// <summary>Registry callbacks and how an operation passes them.</summary>
internal sealed class RegistryCallbacks(LabKernel kernel)
{
    private const int FirstLegacyAltitude = 385_200;
    private readonly List<RegistryCallback> _callbacks = [];
    private ulong _nextCookie = 0x01DC_0000_0000_0001;

    /// <summary>What is registered, the highest altitude first.</summary>
    public IReadOnlyList<RegistryCallback> All => _callbacks;

    /// <summary>Registers a callback.</summary>
    public NtStatus Register(ulong routine, Altitude altitude, ulong context, ulong caller, out ulong cookie)
    {
        cookie = 0;
        if (_callbacks.Any(callback => callback.Altitude.Equals(altitude)))
        {
            return NtStatus.FltInstanceAltitudeCollision;
        }

        cookie = _nextCookie++;
        var entry = kernel.Windows.Callbacks.AddRegistry(new VirtualAddress(routine), altitude.ToString(), cookie, context);
        _callbacks.Add(new RegistryCallback(cookie, routine, context, altitude, kernel.Drivers.At(routine) ?? kernel.Drivers.At(caller), entry, kernel.Traces.Capture()));
        _callbacks.Sort((left, right) => right.Altitude.CompareTo(left.Altitude));
        return NtStatus.Success;
    }

    /// <summary>An altitude for a callback that was registered without one: the first that is free.</summary>
    public Altitude FreeAltitude() => new(Enumerable.Range(FirstLegacyAltitude, _callbacks.Count + 1).First(value => _callbacks.TrueForAll(callback => callback.Altitude.Value != value)));

    /// <summary>Takes a callback out.</summary>
    public bool Unregister(ulong cookie)
    {
        if (_callbacks.Find(callback => callback.Cookie == cookie) is not { } callback)
        {
            return false;
        }

        kernel.Windows.Callbacks.RemoveRegistry(callback.Entry, new VirtualAddress(callback.Routine));
        return _callbacks.Remove(callback);
    }

    /// <summary>Takes all callbacks of a driver out; used when it is gone.</summary>
    public void RemoveAll(LoadedDriver driver)
    {
        foreach (var callback in _callbacks.Where(callback => callback.Owner == driver).ToArray())
        {
            Unregister(callback.Cookie);
        }
    }

    /// <summary>Does an operation between the callbacks before and after it.</summary>
    /// <param name="operation">The operation; its post notification is found from it.</param>
    /// <param name="key">The key object; null for opening and creating.</param>
    /// <param name="bytes">The size of the operation's structure.</param>
    /// <param name="callContext">Where CallContext stands in the structure.</param>
    /// <param name="fill">Fills the structure.</param>
    /// <param name="perform">Does it, with the structure or 0; also names the key object that the post structure shows.</param>
    /// <param name="bypassed">Takes over what the callback that bypassed has done, by the structure and the callback's routine; null if there is nothing to take.</param>
    public NtStatus Do(
        RegistryNotification operation, KernelObject? key, int bytes, ulong callContext, Action<ulong> fill, Func<ulong, (NtStatus Status, KernelObject? Key)> perform,
        Func<ulong, ulong, (NtStatus Status, KernelObject? Key)>? bypassed = null)
    {
        if (_callbacks.Count == 0)
        {
            return perform(0).Status;
        }

        var memory = kernel.Memory;
        var block = kernel.Pool.Allocate((ulong)bytes + 0x40, "CmNt");
        try
        {
            memory.WriteUInt64(block, key?.Address ?? 0);
            fill(block);
            var called = new List<(RegistryCallback Callback, ulong Context)>();
            (NtStatus Status, KernelObject? Key)? decided = null;
            foreach (var callback in _callbacks.ToArray())
            {
                memory.WriteUInt64(block + callContext, 0);
                var status = (NtStatus)(uint)kernel.Verifier.CallDriver("a registry callback", callback.Routine, callback.Context, (ulong)operation, block);
                if (status == NtStatus.CallbackBypass)
                {
                    decided = bypassed?.Invoke(block, callback.Routine) ?? (NtStatus.Success, key);
                    break;
                }

                if ((int)status < 0)
                {
                    decided = (status, key);
                    break;
                }

                called.Add((callback, memory.ReadUInt64(block + callContext)));
            }

            var (result, target) = decided ?? perform(block);
            return Post(operation, block, block + (ulong)bytes, target, result, called);
        }
        finally
        {
            kernel.Pool.Free(block);
        }
    }

    private NtStatus Post(RegistryNotification operation, ulong pre, ulong block, KernelObject? key, NtStatus result, List<(RegistryCallback Callback, ulong Context)> called)
    {
        var memory = kernel.Memory;
        for (var i = called.Count - 1; i >= 0; i--)
        {
            memory.Clear(block, 0x38);
            memory.WriteUInt64(block, key?.Address ?? 0);
            memory.WriteUInt32(block + 8, (uint)result);
            memory.WriteUInt64(block + 0x10, pre);
            memory.WriteUInt32(block + 0x18, (uint)result);
            memory.WriteUInt64(block + 0x20, called[i].Context);
            var status = (NtStatus)(uint)kernel.Verifier.CallDriver("a registry callback", called[i].Callback.Routine, called[i].Callback.Context, (ulong)PostOf(operation), block);
            if (status == NtStatus.CallbackBypass)
            {
                result = (NtStatus)memory.ReadUInt32(block + 0x18);
            }
        }

        return result;
    }

    private static RegistryNotification PostOf(RegistryNotification operation) => operation switch
    {
        >= RegistryNotification.PreCreateKeyEx => operation + 1,
        RegistryNotification.PreKeyHandleClose => RegistryNotification.PostKeyHandleClose,
        _ => operation + 15,
    };
}
