using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Network;

/// <summary>The filter engine: its sessions, what they manage, the callouts that drivers have registered, and flows.</summary>
internal sealed class FilterEngine
{
    private const int MaximumObjects = 4096;
    private const int NotifyAdd = 0;
    private const int NotifyDelete = 1;
    private const uint FirstCallout = 0x100;
    private const ulong FirstFilter = 0x1_0000;
    private readonly LabKernel _kernel;
    private readonly Dictionary<ulong, EngineSession> _sessions = [];
    private readonly Dictionary<uint, NetworkCallout> _callouts = [];
    private readonly Dictionary<ulong, NetworkFlow> _flows = [];
    private readonly Dictionary<ulong, (LoadedDriver? Owner, StackTrace? Origin)> _injections = [];
    private Dictionary<(EngineObjectKind Kind, Guid Key), EngineObject> _objects = [];
    private ulong _nextHandle = 0x1000;
    private uint _nextCallout = FirstCallout;
    private ulong _nextFilter = FirstFilter;
    private ulong _nextFlow = 1;

    /// <summary>An engine without filters.</summary>
    public FilterEngine(LabKernel kernel)
    {
        _kernel = kernel;
        Classifier = new Classifier(kernel, this);
    }

    /// <summary>Decides by the filters.</summary>
    public Classifier Classifier { get; }

    /// <summary>What is managed, as it is committed.</summary>
    public IReadOnlyCollection<EngineObject> Objects => _objects.Values;

    /// <summary>The callouts that are registered.</summary>
    public IReadOnlyCollection<NetworkCallout> Callouts => _callouts.Values;

    /// <summary>Open handles of the engine.</summary>
    public IReadOnlyCollection<EngineSession> Sessions => _sessions.Values;

    /// <summary>Open handles for injections, each with its driver.</summary>
    public IReadOnlyDictionary<ulong, (LoadedDriver? Owner, StackTrace? Origin)> Injections => _injections;

    /// <summary>The open session of a handle, or null.</summary>
    public EngineSession? FindSession(ulong handle) => _sessions.GetValueOrDefault(handle);

    /// <summary>The callout of a key, or null.</summary>
    public NetworkCallout? FindCallout(Guid key) => _callouts.Values.FirstOrDefault(callout => callout.Key == key);

    /// <summary>The callout of a number, or null.</summary>
    public NetworkCallout? FindCallout(uint id) => _callouts.GetValueOrDefault(id);

    /// <summary>Opens a session.</summary>
    public ulong Open(bool isDynamic, LoadedDriver? owner)
    {
        var handle = TakeHandle();
        _sessions.Add(handle, new EngineSession(handle, isDynamic, owner) { Origin = _kernel.Traces.Capture() });
        return handle;
    }

    /// <summary>Closes a session; objects of a dynamic one go with it.</summary>
    public void Close(EngineSession session)
    {
        session.Transaction = null;
        if (session.IsDynamic)
        {
            Apply(_objects.Where(known => known.Value.Session != session.Handle).ToDictionary());
        }

        _sessions.Remove(session.Handle);
    }

    /// <summary>Begins a transaction: there is one at a time.</summary>
    public NtStatus Begin(EngineSession session)
    {
        if (_sessions.Values.FirstOrDefault(known => known.Transaction is not null) is { } other)
        {
            return other == session ? NtStatus.FwpTransactionInProgress : NtStatus.FwpTimeout;
        }

        session.Transaction = new(_objects);
        return NtStatus.Success;
    }

    /// <summary>Ends a transaction.</summary>
    /// <param name="session">The session.</param>
    /// <param name="isCommitted">Whether its changes are made.</param>
    public NtStatus End(EngineSession session, bool isCommitted)
    {
        if (session.Transaction is not { } changed)
        {
            return NtStatus.FwpNoTransaction;
        }

        session.Transaction = null;
        return isCommitted ? Apply(changed) : NtStatus.Success;
    }

    /// <summary>Adds an object.</summary>
    public NtStatus Add(EngineSession session, EngineObject item) => Change(session, objects =>
    {
        if (objects.Count >= MaximumObjects)
        {
            return NtStatus.InsufficientResources;
        }

        return Check(objects, item) is var status && status == NtStatus.Success && !objects.TryAdd((item.Kind, item.Key), item) ? NtStatus.FwpAlreadyExists : status;
    });

    /// <summary>Deletes an object that nothing refers to.</summary>
    public NtStatus Delete(EngineSession session, EngineObjectKind kind, Func<EngineObject, bool> isMeant) => Change(session, objects =>
    {
        if (objects.Values.FirstOrDefault(item => item.Kind == kind && isMeant(item)) is not { } found)
        {
            return NotFound(kind);
        }

        if (objects.Values.Any(item => Refers(item, found)))
        {
            return NtStatus.FwpInUse;
        }

        objects.Remove((found.Kind, found.Key));
        return NtStatus.Success;
    });

    /// <summary>A number for a new filter.</summary>
    public ulong TakeFilterId() => _nextFilter++;

    /// <summary>A number for a new callout; one that is registered or managed under the same key keeps its number.</summary>
    public uint CalloutIdOf(Guid key) =>
        FindCallout(key)?.Id ?? (_objects.TryGetValue((EngineObjectKind.Callout, key), out var known) ? (uint)known.Number : _nextCallout++);

    /// <summary>Registers a callout.</summary>
    public NtStatus Register(NetworkCallout callout)
    {
        if (FindCallout(callout.Key) is not null)
        {
            return NtStatus.FwpAlreadyExists;
        }

        _callouts.Add(callout.Id, callout);
        return NtStatus.Success;
    }

    /// <summary>Takes a callout out; one that keeps contexts for flows stays.</summary>
    public NtStatus Unregister(NetworkCallout? callout)
    {
        if (callout is null)
        {
            return NtStatus.FwpCalloutNotFound;
        }

        if (ContextsOf(callout) > 0)
        {
            return NtStatus.DeviceBusy;
        }

        _callouts.Remove(callout.Id);
        return NtStatus.Success;
    }

    /// <summary>How many flows a callout keeps contexts for.</summary>
    public int ContextsOf(NetworkCallout callout) => _flows.Values.Sum(flow => flow.Contexts.Keys.Count(key => key.Callout == callout.Id));

    /// <summary>Begins a flow.</summary>
    public ulong BeginFlow()
    {
        var number = _nextFlow++;
        _flows.Add(number, new NetworkFlow());
        return number;
    }

    /// <summary>The flow of a number, or null.</summary>
    public NetworkFlow? FindFlow(ulong number) => _flows.GetValueOrDefault(number);

    /// <summary>Ends a flow: callouts that keep something for it are told.</summary>
    public void EndFlow(ulong number)
    {
        if (_flows.Remove(number, out var flow))
        {
            foreach (var (key, context) in flow.Contexts)
            {
                Forget(key.Layer, key.Callout, context);
            }
        }
    }

    /// <summary>Takes a callout's context away from a flow.</summary>
    public NtStatus RemoveContext(ulong number, ushort layer, uint callout)
    {
        if (FindFlow(number) is not { } flow || !flow.Contexts.Remove((layer, callout), out var context))
        {
            return NtStatus.Unsuccessful;
        }

        Forget(layer, callout, context);
        return NtStatus.Success;
    }

    /// <summary>Opens a handle for injections.</summary>
    public ulong CreateInjection(LoadedDriver? owner)
    {
        var handle = TakeHandle();
        _injections.Add(handle, (owner, _kernel.Traces.Capture()));
        return handle;
    }

    /// <summary>Closes a handle for injections.</summary>
    public bool DestroyInjection(ulong handle) => _injections.Remove(handle);

    /// <summary>Takes all that a driver has left out; used when it is gone.</summary>
    public void RemoveAll(LoadedDriver driver)
    {
        foreach (var callout in _callouts.Values.Where(callout => callout.Owner == driver).ToArray())
        {
            _callouts.Remove(callout.Id);
            foreach (var flow in _flows.Values)
            {
                foreach (var key in flow.Contexts.Keys.Where(key => key.Callout == callout.Id).ToArray())
                {
                    flow.Contexts.Remove(key);
                }
            }
        }

        foreach (var session in _sessions.Values.Where(session => session.Owner == driver).ToArray())
        {
            _sessions.Remove(session.Handle);
        }

        foreach (var (handle, (owner, _)) in _injections.ToArray())
        {
            if (owner == driver)
            {
                _injections.Remove(handle);
            }
        }

        _objects = _objects.Where(known => known.Value.Owner != driver).ToDictionary();
    }

    private ulong TakeHandle() => _nextHandle += 8;

    private static NtStatus Check(Dictionary<(EngineObjectKind Kind, Guid Key), EngineObject> objects, EngineObject item)
    {
        if (item.Provider != Guid.Empty && !objects.ContainsKey((EngineObjectKind.Provider, item.Provider)))
        {
            return NtStatus.FwpProviderNotFound;
        }

        return item.Filter is not { } filter ? NtStatus.Success
            : filter.SubLayer != Classifier.UniversalSubLayer && !objects.ContainsKey((EngineObjectKind.SubLayer, filter.SubLayer)) ? NtStatus.FwpSubLayerNotFound
            : filter.HasCallout && !objects.ContainsKey((EngineObjectKind.Callout, filter.Callout)) ? NtStatus.FwpCalloutNotFound
            : NtStatus.Success;
    }

    private static NtStatus NotFound(EngineObjectKind kind) => kind switch
    {
        EngineObjectKind.Provider => NtStatus.FwpProviderNotFound,
        EngineObjectKind.SubLayer => NtStatus.FwpSubLayerNotFound,
        EngineObjectKind.Callout => NtStatus.FwpCalloutNotFound,
        _ => NtStatus.FwpFilterNotFound,
    };

    private static bool Refers(EngineObject item, EngineObject to) => to.Kind switch
    {
        EngineObjectKind.Provider => item.Provider == to.Key,
        EngineObjectKind.SubLayer => item.Filter?.SubLayer == to.Key,
        EngineObjectKind.Callout => item.Filter is { HasCallout: true } filter && filter.Callout == to.Key,
        _ => false,
    };

    private NtStatus Change(EngineSession session, Func<Dictionary<(EngineObjectKind Kind, Guid Key), EngineObject>, NtStatus> change)
    {
        _kernel.Verifier.Charge(_objects.Count);
        if (session.Transaction is { } transaction)
        {
            return change(transaction);
        }

        Dictionary<(EngineObjectKind Kind, Guid Key), EngineObject> changed = new(_objects);
        return change(changed) is var status && status == NtStatus.Success ? Apply(changed) : status;
    }

    // Callouts are told of filters that name them; one that refuses a filter undoes the change.
    private NtStatus Apply(Dictionary<(EngineObjectKind Kind, Guid Key), EngineObject> changed)
    {
        var told = new List<EngineObject>();
        foreach (var item in changed.Values.Where(item => item.Filter is not null && !_objects.ContainsKey((item.Kind, item.Key))))
        {
            if (Notify(NotifyAdd, item) is var status && (int)status < 0)
            {
                told.ForEach(undone => Notify(NotifyDelete, undone));
                return status;
            }

            told.Add(item);
        }

        var removed = _objects.Values.Where(item => item.Filter is not null && !changed.ContainsKey((item.Kind, item.Key))).ToArray();
        _objects = changed;
        foreach (var item in removed)
        {
            Notify(NotifyDelete, item);
        }

        return NtStatus.Success;
    }

    private NtStatus Notify(int kind, EngineObject item)
    {
        if (item.Filter is not { HasCallout: true } filter || FindCallout(filter.Callout) is not { } callout)
        {
            return NtStatus.Success;
        }

        using var block = new FilterBlock(_kernel, filter, callout.Id, item.Key);
        return (NtStatus)(uint)_kernel.Verifier.CallDriver(
            "a callout's notify routine", callout.Notify, (ulong)kind, kind == NotifyDelete ? 0 : block.Key, block.Filter);
    }

    private void Forget(ushort layer, uint id, ulong context)
    {
        if (FindCallout(id) is { FlowDelete: not 0 } callout)
        {
            _kernel.Verifier.CallDriver("a callout's flow delete routine", callout.FlowDelete, layer, id, context);
        }
    }
}
