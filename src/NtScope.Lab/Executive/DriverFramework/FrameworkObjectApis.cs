using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Objects of the framework: contexts, references, locks, deletion.</summary>
internal sealed class FrameworkObjectApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfObjectCreate", Irql.Dispatch, Create);
        table.Void("WdfObjectDelete", Irql.Dispatch, Delete);
        table.Void("WdfObjectReferenceActual", Irql.Dispatch, Reference);
        table.Void("WdfObjectDereferenceActual", Irql.Dispatch, Dereference);
        table.Add("WdfObjectGetTypedContextWorker", Irql.High, (in ApiCall call) =>
        {
            var type = call[2];
            return Objects.Get<FrameworkObject>(call, 1).Contexts.FirstOrDefault(context => context.Address != 0 && context.Type == type).Address;
        });
        table.Status("WdfObjectAllocateContext", Irql.Dispatch, AllocateContext);
        table.Add("WdfObjectContextGetObject", Irql.Dispatch, (in ApiCall call) => Objects.OfContext(call[1])?.Handle ?? 0);
        table.Void("WdfObjectAcquireLock", Irql.Dispatch, AcquireLock);
        table.Void("WdfObjectReleaseLock", Irql.Dispatch, ReleaseLock);
    }

    private NtStatus Create(in ApiCall call)
    {
        var client = kernel.Framework.ClientOf(call);
        var status = Objects.Begin(call, 1, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var item = new FrameworkObject(client);
        status = Objects.Add(item, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[2], item.Handle);
        return status;
    }

    private void Delete(in ApiCall call)
    {
        var item = Objects.Get<FrameworkObject>(call, 1);
        if (!item.IsDeletable)
        {
            kernel.Verifier.Report("bad-object", $"a {item.TypeName} is deleted that is the framework's to delete", call.Entry.Name);
            throw Objects.Violation(8, item.Handle, "a driver deletes an object of the framework");
        }

        Objects.Delete(item);
    }

    private void Reference(in ApiCall call)
    {
        var item = Objects.Get<FrameworkObject>(call, 1);
        item.References++;
        item.ReferencedBy = kernel.Traces.Capture();
    }

    private void Dereference(in ApiCall call)
    {
        var item = Objects.Get<FrameworkObject>(call, 1);
        if (item.References <= (item.HasOwnReference ? 1 : 0))
        {
            kernel.Verifier.Report("bad-object", $"a {item.TypeName} is dereferenced more often than referenced", call.Entry.Name);
            throw Objects.Violation(5, item.Handle, "a driver gives a reference back that it does not have");
        }

        Objects.Release(item);
    }

    private NtStatus AllocateContext(in ApiCall call)
    {
        var item = Objects.Get<FrameworkObject>(call, 1);
        var status = Objects.Begin(call, 2, item, takesParent: false, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        if (setup.Attributes.ContextType == 0)
        {
            return NtStatus.WdfObjectAttributesInvalid;
        }

        var address = item.Contexts.FirstOrDefault(context => context.Type == setup.Attributes.ContextType).Address;
        status = address != 0 ? NtStatus.ObjectNameExists : Objects.AddContext(item, setup.Attributes, out address);
        if (call[3] != 0)
        {
            kernel.Memory.WriteUInt64(call[3], address);
        }

        return status;
    }

    private void AcquireLock(in ApiCall call)
    {
        var owner = LockOwner(call);
        if (owner.Lock is { Owner: { } holder } && holder == kernel.Threads.Current && kernel.Threads.Current.Locks.Any(held => held.Address == owner.Handle))
        {
            kernel.Verifier.Report("recursive-lock", $"the lock of a {owner.TypeName} is acquired a second time by its owner", call.Entry.Name);
            throw kernel.Stop("deadlock", "a thread waits for a lock that it holds itself", call.Entry.Name);
        }

        kernel.Framework.Callbacks.Acquire(owner);
        kernel.Threads.Current.Locks.Add(new HeldLock("lock of the framework", owner.Handle, call.ReturnAddress));
    }

    private void ReleaseLock(in ApiCall call)
    {
        var owner = LockOwner(call);
        if (kernel.Threads.Current.Locks.RemoveAll(held => held.Address == owner.Handle) == 0)
        {
            kernel.Verifier.Report("lock-not-held", $"the lock of a {owner.TypeName} is released and is not held", call.Entry.Name);
            return;
        }

        kernel.Framework.Callbacks.Release(owner);
    }

    private FrameworkObject LockOwner(in ApiCall call)
    {
        var item = Objects.Get<FrameworkObject>(call, 1);
        if (item is FrameworkDevice or FrameworkQueue)
        {
            return FrameworkCallbacks.OwnerOf(item) ?? item;
        }

        kernel.Verifier.Report("bad-object", $"{call.Entry.Name} takes a WDFDEVICE or a WDFQUEUE; 0x{item.Handle:x} is a {item.TypeName}", call.Entry.Name);
        throw Objects.Violation(5, item.Handle, "a handle of the framework is wrong");
    }
}
