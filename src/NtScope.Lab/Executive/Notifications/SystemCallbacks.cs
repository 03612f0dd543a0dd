using NtScope.Callbacks;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Notifications;

/// <summary>Who is called for events of the whole system. The kernel's own lists hold them as long as they are registered.</summary>
internal sealed class SystemCallbacks(LabKernel kernel)
{
    private const int Maximum = 4096;
    private readonly List<SystemCallback> _all = [];

    /// <summary>What is registered, in order.</summary>
    public IReadOnlyList<SystemCallback> All => _all;

    /// <summary>Those of one event, in the order of registration.</summary>
    public SystemCallback[] Of(SystemEvent kind) => [.. _all.Where(callback => callback.Event == kind)];

    /// <summary>Registers a routine.</summary>
    /// <param name="kind">The event.</param>
    /// <param name="routine">The routine.</param>
    /// <param name="context">What it is handed.</param>
    /// <param name="caller">The place of the driver's call.</param>
    /// <param name="record">A record of the driver's own that becomes the entry; 0 to allocate one.</param>
    /// <param name="key">What it is taken out by; 0 for its entry.</param>
    /// <returns>The registration; null if there are too many.</returns>
    public SystemCallback? Add(SystemEvent kind, ulong routine, ulong context, ulong caller, ulong record = 0, ulong key = 0)
    {
        if (_all.Count >= Maximum)
        {
            return null;
        }

        var entry = record != 0 ? record : kernel.Pool.Allocate(0x28, TagOf(kind));
        if (record == 0)
        {
            WriteEntry(kind, entry, routine, context, key);
        }

        var callback = new SystemCallback(kind, routine, key == 0 ? entry : key, context, new VirtualAddress(entry), kernel.Drivers.At(caller) ?? kernel.Drivers.At(routine), kernel.Traces.Capture());
        if (ListOf(kind) is var (name, head, isChain))
        {
            if (isChain)
            {
                kernel.Windows.Callbacks.AddToChain(name, head, callback.Entry, new VirtualAddress(routine));
            }
            else
            {
                kernel.Windows.Callbacks.AddToList(name, head, callback.Entry, new VirtualAddress(routine), isFirst: kind is SystemEvent.Shutdown or SystemEvent.LastChanceShutdown);
            }
        }

        _all.Add(callback);
        return callback;
    }

    /// <summary>Takes the registration with a key out.</summary>
    /// <returns>False if there is none.</returns>
    public bool Remove(SystemEvent kind, ulong key, ulong routine = 0)
    {
        var callback = _all.Find(known => known.Event == kind && known.Key == key && (routine == 0 || known.Routine == routine));
        if (callback is not null)
        {
            Remove(callback);
        }

        return callback is not null;
    }

    /// <summary>Takes a registration out.</summary>
    public void Remove(SystemCallback callback)
    {
        _all.Remove(callback);
        if (ListOf(callback.Event) is var (name, head, isChain))
        {
            if (isChain)
            {
                kernel.Windows.Callbacks.RemoveFromChain(name, head, callback.Entry, new VirtualAddress(callback.Routine));
            }
            else
            {
                kernel.Windows.Callbacks.RemoveFromList(name, callback.Entry, new VirtualAddress(callback.Routine));
            }
        }

        if (callback.Event is not (SystemEvent.BugCheck or SystemEvent.BugCheckReason))
        {
            kernel.Pool.Free(callback.Entry.Value);
        }
    }

    /// <summary>Takes all registrations of a driver out; used when it is gone.</summary>
    public void RemoveAll(LoadedDriver driver)
    {
        foreach (var callback in _all.Where(callback => callback.Owner == driver).ToArray())
        {
            Remove(callback);
        }
    }

    // Single links are the next entry, the routine, its context, and the entry itself as a handle; others a list entry and what follows it.
    private void WriteEntry(SystemEvent kind, ulong entry, ulong routine, ulong context, ulong key)
    {
        var memory = kernel.Memory;
        switch (kind)
        {
            case SystemEvent.Shutdown or SystemEvent.LastChanceShutdown:
                memory.WriteUInt64(entry + 0x10, key);
                break;
            case SystemEvent.FileSystem:
                memory.WriteUInt64(entry + 0x10, key);
                memory.WriteUInt64(entry + 0x18, routine);
                break;
            case SystemEvent.PlugPlay or SystemEvent.PowerSetting:
                memory.WriteUInt64(entry + 0x10, routine);
                memory.WriteUInt64(entry + 0x18, context);
                break;
            default:
                memory.WriteUInt64(entry + 0x08, routine);
                memory.WriteUInt64(entry + 0x10, context);
                memory.WriteUInt64(entry + 0x18, entry);
                break;
        }
    }

    private static string TagOf(SystemEvent kind) => kind switch
    {
        SystemEvent.Shutdown or SystemEvent.LastChanceShutdown => "IoSh",
        SystemEvent.FileSystem => "IoFs",
        SystemEvent.LogonSession or SystemEvent.LogonSessionEx => "SeFS",
        SystemEvent.PlugPlay => "PpUN",
        SystemEvent.PowerSetting => "PopS",
        _ => "KNMI",
    };

    private static (string Kind, string Head, bool IsChain)? ListOf(SystemEvent kind) => kind switch
    {
        SystemEvent.BugCheck => (CallbackKinds.BugCheck, "KeBugCheckCallbackListHead", false),
        SystemEvent.BugCheckReason => (CallbackKinds.BugCheckReason, "KeBugCheckReasonCallbackListHead", false),
        SystemEvent.Shutdown => (CallbackKinds.Shutdown, "IopNotifyShutdownQueueHead", false),
        SystemEvent.LastChanceShutdown => (CallbackKinds.LastChanceShutdown, "IopNotifyLastChanceShutdownQueueHead", false),
        SystemEvent.FileSystem => (CallbackKinds.FileSystem, "IopFsNotifyChangeQueueHead", false),
        SystemEvent.LogonSession => (CallbackKinds.LogonSession, "SeFileSystemNotifyRoutinesHead", true),
        SystemEvent.LogonSessionEx => (CallbackKinds.LogonSession, "SeFileSystemNotifyRoutinesExHead", true),
        SystemEvent.NonMaskableInterrupt => (CallbackKinds.NonMaskableInterrupt, "KiNmiCallbackListHead", true),
        _ => null,
    };
}
