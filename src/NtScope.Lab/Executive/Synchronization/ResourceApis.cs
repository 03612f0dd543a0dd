using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>ERESOURCE: locks that many may hold shared or one exclusively.</summary>
internal sealed class ResourceApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("ExInitializeResourceLite", Irql.Dispatch, Initialize);
        table.Status("ExDeleteResourceLite", Irql.Dispatch, Delete);
        table.Status("ExReinitializeResourceLite", Irql.Dispatch, Initialize);
        table.Add("ExAcquireResourceExclusiveLite", Irql.Apc, (in ApiCall call) => Acquire(call, exclusive: true, call.Flag(1)));
        table.Add("ExAcquireResourceSharedLite", Irql.Apc, (in ApiCall call) => Acquire(call, exclusive: false, call.Flag(1)));
        table.Alias("ExAcquireResourceSharedLite", "ExAcquireSharedWaitForExclusive");
        table.Add("ExAcquireSharedStarveExclusive", Irql.Apc, (in ApiCall call) => Acquire(call, exclusive: false, call.Flag(1), passesWaiters: true));
        table.Add("ExEnterCriticalRegionAndAcquireResourceExclusive", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: true));
        table.Add("ExEnterCriticalRegionAndAcquireResourceShared", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: false));
        table.Alias("ExEnterCriticalRegionAndAcquireResourceShared", "ExEnterCriticalRegionAndAcquireSharedWaitForExclusive");
        table.Void("ExReleaseResourceLite", Irql.Dispatch, (in ApiCall call) => Release(call, kernel.Threads.Current.Thread));
        table.Void("ExReleaseResourceForThreadLite", Irql.Dispatch, (in ApiCall call) => Release(call, call[1]));
        table.Void("ExReleaseResourceAndLeaveCriticalRegion", Irql.Dispatch, ReleaseAndLeave);
        table.Void("ExConvertExclusiveToSharedLite", Irql.Dispatch, ConvertToShared);
        table.Add("ExIsResourceAcquiredExclusiveLite", Irql.Dispatch, (in ApiCall call) => At(call[0]).IsExclusive && CountOf(call[0]) > 0 ? 1UL : 0);
        table.Add("ExIsResourceAcquiredSharedLite", Irql.Dispatch, (in ApiCall call) => CountOf(call[0]));
        table.Add("ExGetSharedWaiterCount", Irql.Dispatch, (in ApiCall call) => At(call[0]).SharedWaiters);
        table.Add("ExGetExclusiveWaiterCount", Irql.Dispatch, (in ApiCall call) => At(call[0]).ExclusiveWaiters);
        table.Void("FltAcquireResourceExclusive", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: true));
        table.Void("FltAcquireResourceShared", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: false));
        table.Void("FltReleaseResource", Irql.Apc, ReleaseAndLeave);
    }

    private Resource At(ulong address) => new(kernel, address);

    private uint CountOf(ulong address) => At(address).CountOf(kernel.Threads.Current.Thread);

    private NtStatus Initialize(in ApiCall call)
    {
        At(call[0]).Initialize();
        return NtStatus.Success;
    }

    private NtStatus Delete(in ApiCall call)
    {
        var resource = At(call[0]);
        if (!resource.IsValid)
        {
            kernel.Verifier.Report("bad-lock", $"0x{call[0]:x} is deleted and is no resource", call.Entry.Name);
            return NtStatus.Success;
        }

        if (resource.Owners > 0)
        {
            kernel.Verifier.Report("lock-held", $"resource 0x{call[0]:x} is deleted while it is held", call.Entry.Name);
        }

        resource.Delete();
        return NtStatus.Success;
    }

    private ulong EnterAndAcquire(in ApiCall call, bool exclusive)
    {
        kernel.Threads.Current.ApcDisabled++;
        return Acquire(call, exclusive, wait: true) == 0 ? 0 : kernel.Threads.Current.Thread;
    }

    private ulong Acquire(in ApiCall call, bool exclusive, bool wait, bool passesWaiters = false)
    {
        var (address, thread) = (call[0], kernel.Threads.Current);
        var resource = At(address);
        Ensure(call, resource);
        if (thread.ApcDisabled == 0 && thread.Irql < Irql.Apc && thread.Process != kernel.Processes.SystemProcess.Object.Address)
        {
            kernel.Verifier.Report("apc-enabled", "a resource is acquired without disabling kernel APCs first", call.Entry.Name);
        }

        while (!IsFree(resource, resource.CountOf(thread.Thread) > 0, exclusive, passesWaiters))
        {
            if (!wait)
            {
                return 0;
            }

            if (exclusive && resource.CountOf(thread.Thread) > 0)
            {
                throw kernel.Stop("recursive-lock", "a resource that is held shared is acquired exclusively by its owner, who waits for itself", call.Entry.Name);
            }

            resource.Waits(exclusive, 1);
            kernel.Dispatcher.WaitOn(address, "resource");
            Ensure(call, resource);
            resource.Waits(exclusive, -1);
        }

        resource.Acquire(thread.Thread, exclusive);
        thread.Locks.Add(new HeldLock("resource", address, call.ReturnAddress));
        return 1;
    }

    private static bool IsFree(Resource resource, bool isMine, bool exclusive, bool passesWaiters) =>
        resource.Owners == 0 || (resource.IsExclusive ? isMine : !exclusive && (isMine || passesWaiters || resource.ExclusiveWaiters == 0));

    private void Ensure(in ApiCall call, Resource resource)
    {
        if (!resource.IsValid)
        {
            kernel.Verifier.Report("bad-lock", $"0x{call[0]:x} is acquired and is no resource, or is deleted", call.Entry.Name);
            throw kernel.Stop("bad-lock", "a lock is used that was not initialised", call.Entry.Name);
        }
    }

    private void ReleaseAndLeave(in ApiCall call)
    {
        Release(call, kernel.Threads.Current.Thread);
        kernel.Threads.Current.ApcDisabled--;
        kernel.Apcs.Deliver();
    }

    private void Release(in ApiCall call, ulong owner)
    {
        var (address, resource) = (call[0], At(call[0]));
        if (!resource.IsValid || owner == 0 || resource.CountOf(owner) == 0)
        {
            kernel.Verifier.Report("lock-not-held", $"resource 0x{address:x} is released by a thread that does not hold it", call.Entry.Name);
            return;
        }

        resource.Release(owner);
        var locks = kernel.Threads.All.FirstOrDefault(thread => thread.Thread == owner)?.Locks;
        var index = locks?.FindLastIndex(held => held.Address == address) ?? -1;
        if (index >= 0)
        {
            locks!.RemoveAt(index);
        }

        kernel.Dispatcher.WakeAll(address);
    }

    private void ConvertToShared(in ApiCall call)
    {
        var resource = At(call[0]);
        if (!resource.IsValid || !resource.IsExclusive || CountOf(call[0]) == 0)
        {
            kernel.Verifier.Report("lock-not-held", $"resource 0x{call[0]:x} is converted by a thread that does not hold it exclusively", call.Entry.Name);
            return;
        }

        resource.SetExclusive(false);
        kernel.Dispatcher.WakeAll(call[0]);
    }
}
