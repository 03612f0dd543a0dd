using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>The objects of all drivers: handles, parents, references, contexts.</summary>
internal sealed class FrameworkObjects(LabKernel kernel)
{
    private const ulong HandleDistance = 0x10;
    private const int Remembered = 4096;
    private readonly Dictionary<ulong, FrameworkObject> _objects = [];
    private readonly Dictionary<ulong, FrameworkObject> _contexts = [];
    private readonly Dictionary<ulong, (string Type, ulong EndedAt)> _ended = [];
    private ulong _next = 0x0000_5F00_0000_0000;

    /// <summary>The object of a handle that a driver passes, of the type that the routine takes; anything else stops the machine.</summary>
    public T Get<T>(in ApiCall call, int index)
        where T : FrameworkObject => Find(call, call[index]) as T ?? throw Wrong(call, call[index], typeof(T));

    /// <summary>The object of a handle that may be null.</summary>
    public T? GetOptional<T>(in ApiCall call, int index)
        where T : FrameworkObject => call[index] == 0 ? null : Get<T>(call, index);

    /// <summary>The object of a handle, or null.</summary>
    public FrameworkObject? Find(ulong handle) => _objects.GetValueOrDefault(handle);

    /// <summary>What a handle that is gone was, and where that ended; null if it was none or that is long ago.</summary>
    public (string Type, ulong EndedAt)? Ended(ulong handle) => _ended.TryGetValue(handle, out var ended) ? ended : null;

    /// <summary>The object that a context belongs to, or null.</summary>
    public FrameworkObject? OfContext(ulong context) => _contexts.GetValueOrDefault(context);

    /// <summary>What a driver has not let go.</summary>
    public IEnumerable<FrameworkObject> Of(FrameworkClient client) => _objects.Values.Where(item => item.Client == client);

    /// <summary>Begins to make an object: reads its attributes and finds its parent.</summary>
    /// <param name="call">The call that makes it.</param>
    /// <param name="index">The argument with the attributes.</param>
    /// <param name="parent">Its parent where the attributes name none; null if they must name one.</param>
    /// <param name="takesParent">Whether the attributes may name a parent.</param>
    /// <param name="setup">What was found.</param>
    public NtStatus Begin(in ApiCall call, int index, FrameworkObject? parent, bool takesParent, out ObjectSetup setup)
    {
        setup = default;
        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        if (FrameworkAttributes.Read(kernel.Memory, call[index]) is not { } attributes)
        {
            return NtStatus.InfoLengthMismatch;
        }

        if (attributes.Level is ExecutionLevel.Invalid or > ExecutionLevel.Dispatch)
        {
            return NtStatus.WdfExecutionLevelInvalid;
        }

        if (attributes.Scope is SynchronizationScope.Invalid or > SynchronizationScope.None)
        {
            return NtStatus.WdfSynchronizationScopeInvalid;
        }

        if (attributes.ContextBytes != 0 && attributes.ContextType == 0)
        {
            return NtStatus.WdfObjectAttributesInvalid;
        }

        if (attributes.Parent != 0)
        {
            if (!takesParent)
            {
                return NtStatus.WdfParentAssignmentNotAllowed;
            }

            parent = Find(call, attributes.Parent) ?? throw Wrong(call, attributes.Parent, typeof(FrameworkObject));
        }

        if (parent is null)
        {
            return NtStatus.WdfParentNotSpecified;
        }

        setup = new ObjectSetup(attributes, parent);
        return parent.IsDeleted ? NtStatus.DeletePending : NtStatus.Success;
    }

    /// <summary>Gives an object its handle, its parent and its first context.</summary>
    /// <param name="item">The object.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="parent">Its parent; null for none.</param>
    /// <param name="isChild">Whether it is deleted with its parent.</param>
    public NtStatus Add(FrameworkObject item, FrameworkAttributes attributes, FrameworkObject? parent, bool isChild = true)
    {
        if (_objects.Count >= LabLimits.Handles)
        {
            throw kernel.Stop("handles", $"the framework has {LabLimits.Handles} objects");
        }

        item.Parent = parent;
        (item.Level, item.Scope) = (attributes.Level, attributes.Scope);
        var status = AddContext(item, attributes, out _);
        if (status != NtStatus.Success)
        {
            return status;
        }

        item.Handle = _next += HandleDistance;
        _objects.Add(item.Handle, item);
        if (isChild)
        {
            parent?.Children.Add(item.Handle, item);
        }

        return NtStatus.Success;
    }

    /// <summary>Gives an object memory for a driver, and the driver's routines for its end.</summary>
    public NtStatus AddContext(FrameworkObject item, FrameworkAttributes attributes, out ulong address)
    {
        address = 0;
        if (attributes is { ContextType: 0, Cleanup: 0, Destroy: 0 })
        {
            return NtStatus.Success;
        }

        if (attributes.ContextType != 0)
        {
            var size = attributes.ContextBytes != 0 ? attributes.ContextBytes : kernel.Memory.ReadUInt64(attributes.ContextType + FrameworkLayout.ContextTypeSize);
            if (size is 0 or > LabLimits.PoolAllocation)
            {
                return size == 0 ? NtStatus.WdfObjectAttributesInvalid : NtStatus.InsufficientResources;
            }

            kernel.Verifier.ChargeBytes(size);
            address = kernel.Pool.Allocate(size, item.Client.Tag, PoolKind.NonPaged);
            _contexts.Add(address, item);
        }

        item.Contexts.Add(new FrameworkContext(attributes.ContextType, address, attributes.Cleanup, attributes.Destroy));
        return NtStatus.Success;
    }

    /// <summary>Deletes an object with all below it: routines for clean-up first, the farthest first, then references.</summary>
    /// <param name="root">The object.</param>
    /// <param name="between">What is done between clean-up and the release of references; null for nothing.</param>
    public void Delete(FrameworkObject root, Action? between = null)
    {
        if (root.IsDeleted)
        {
            return;
        }

        var order = Below(root);
        foreach (var item in order)
        {
            item.IsDeleted = true;
        }

        foreach (var item in order)
        {
            item.Disposing?.Invoke();
            foreach (var context in item.Contexts.ToArray())
            {
                if (context.Cleanup != 0)
                {
                    kernel.Verifier.CallDriver("EvtCleanupCallback", context.Cleanup, item.Handle);
                }
            }
        }

        between?.Invoke();
        foreach (var item in order)
        {
            item.HasOwnReference = false;
            Release(item);
        }
    }

    /// <summary>Takes a reference away; the last one ends the object.</summary>
    public void Release(FrameworkObject item)
    {
        if (--item.References > 0)
        {
            return;
        }

        foreach (var context in item.Contexts)
        {
            if (context.Destroy != 0)
            {
                kernel.Verifier.CallDriver("EvtDestroyCallback", context.Destroy, item.Handle);
            }
        }

        End(item);
        item.Destroyed?.Invoke();
    }

    /// <summary>Forgets an object without a word to its driver.</summary>
    public void End(FrameworkObject item)
    {
        foreach (var context in item.Contexts.Where(context => context.Address != 0))
        {
            _contexts.Remove(context.Address);
            kernel.Pool.Free(context.Address);
        }

        item.Contexts.Clear();
        item.Parent?.Children.Remove(item.Handle);
        if (_objects.Remove(item.Handle))
        {
            if (_ended.Count >= Remembered)
            {
                _ended.Clear();
            }

            _ended[item.Handle] = (item.TypeName, kernel.Threads.Current.Trap.CallerRip);
        }
    }

    /// <summary>Stops the machine: a handle is not what a routine takes.</summary>
    public MachineStoppedException Wrong(in ApiCall call, ulong handle, Type wanted)
    {
        var what = _objects.TryGetValue(handle, out var item) ? $"a {item.TypeName}{(item.Client.Globals == call[0] ? string.Empty : " of another driver")}"
            : _ended.TryGetValue(handle, out var ended) ? $"a {ended.Type} that is deleted; {kernel.Drivers.Describe(ended.EndedAt)} ended it"
            : "no handle of the framework";
        kernel.Verifier.Report("bad-object", $"{call.Entry.Name} takes a {FrameworkObject.HandleNameOf(wanted)}; 0x{handle:x} is {what}", call.Entry.Name);
        return Violation(5, handle, "a handle of the framework is wrong");
    }

    /// <summary>Stops the machine as the framework does.</summary>
    public MachineStoppedException Violation(ulong kind, ulong handle, string reason) =>
        kernel.BugCheck(BugCheckCode.WdfViolation, [kind, handle, 0, 0], reason);

    private FrameworkObject? Find(in ApiCall call, ulong handle) =>
        _objects.GetValueOrDefault(handle) is { } item && item.Client.Globals == call[0] ? item : null;

    private static List<FrameworkObject> Below(FrameworkObject root)
    {
        var order = new List<FrameworkObject>();
        var waiting = new Stack<(FrameworkObject Item, bool IsExpanded)>([(root, false)]);
        while (waiting.TryPop(out var next))
        {
            if (next.IsExpanded)
            {
                order.Add(next.Item);
            }
            else if (!next.Item.IsDeleted)
            {
                waiting.Push((next.Item, true));
                foreach (var child in next.Item.Children.Values)
                {
                    waiting.Push((child, false));
                }
            }
        }

        return order;
    }
}
