using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>ERESOURCE: locks that many may hold shared or one exclusively.</summary>
internal sealed class ResourceApis(LabKernel kernel) : IApiFamily
{
    private const ulong ResourceBytes = 0x68;
    private const ulong ActiveCount = 0x18;
    private const ulong Flags = 0x1A;
    private const ulong OwnerThread = 0x30;
    private const ushort OwnedExclusive = 0x80;
    private readonly Dictionary<ulong, Dictionary<ulong, int>> _owners = [];

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("ExInitializeResourceLite", Irql.Dispatch, Initialize);
        table.Status("ExDeleteResourceLite", Irql.Dispatch, Delete);
        table.Status("ExReinitializeResourceLite", Irql.Dispatch, Initialize);
        table.Add("ExAcquireResourceExclusiveLite", Irql.Apc, (in ApiCall call) => Acquire(call, exclusive: true, call.Flag(1)));
        table.Add("ExAcquireResourceSharedLite", Irql.Apc, (in ApiCall call) => Acquire(call, exclusive: false, call.Flag(1)));
        table.Alias("ExAcquireResourceSharedLite", "ExAcquireSharedStarveExclusive", "ExAcquireSharedWaitForExclusive");
        table.Add("ExEnterCriticalRegionAndAcquireResourceExclusive", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: true));
        table.Add("ExEnterCriticalRegionAndAcquireResourceShared", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: false));
        table.Alias("ExEnterCriticalRegionAndAcquireResourceShared", "ExEnterCriticalRegionAndAcquireSharedWaitForExclusive");
        table.Void("ExReleaseResourceLite", Irql.Dispatch, Release);
        table.Void("ExReleaseResourceAndLeaveCriticalRegion", Irql.Dispatch, (in ApiCall call) =>
        {
            Release(call);
            kernel.Threads.Current.ApcDisabled--;
            kernel.Apcs.Deliver();
        });
        table.Add("ExIsResourceAcquiredExclusiveLite", Irql.Dispatch, (in ApiCall call) => IsExclusive(call[0]) && CountOf(call[0]) > 0 ? 1UL : 0);
        table.Add("ExIsResourceAcquiredSharedLite", Irql.Dispatch, (in ApiCall call) => (ulong)CountOf(call[0]));
        table.Void("FltAcquireResourceExclusive", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: true));
        table.Void("FltAcquireResourceShared", Irql.Apc, (in ApiCall call) => EnterAndAcquire(call, exclusive: false));
        table.Void("FltReleaseResource", Irql.Apc, (in ApiCall call) =>
        {
            Release(call);
            kernel.Threads.Current.ApcDisabled--;
            kernel.Apcs.Deliver();
        });
    }

    private bool IsExclusive(ulong resource) => (kernel.Memory.ReadUInt16(resource + Flags) & OwnedExclusive) != 0;

    private int CountOf(ulong resource) =>
        _owners.TryGetValue(resource, out var owners) ? owners.GetValueOrDefault(kernel.Threads.Current.Thread) : 0;

    private NtStatus Initialize(in ApiCall call)
    {
        kernel.Memory.Clear(call[0], (int)ResourceBytes);
        kernel.Memory.WriteUInt64(call[0], call[0]);
        kernel.Memory.WriteUInt64(call[0] + 8, call[0]);
        _owners[call[0]] = [];
        return NtStatus.Success;
    }

    private NtStatus Delete(in ApiCall call)
    {
        if (!_owners.Remove(call[0], out var owners))
        {
            kernel.Verifier.Report("bad-lock", $"0x{call[0]:x} is deleted and is no resource", call.Entry.Name);
        }
        else if (owners.Count > 0)
        {
            kernel.Verifier.Report("lock-held", $"resource 0x{call[0]:x} is deleted while it is held", call.Entry.Name);
        }

        return NtStatus.Success;
    }

    private ulong EnterAndAcquire(in ApiCall call, bool exclusive)
    {
        kernel.Threads.Current.ApcDisabled++;
        return Acquire(call, exclusive, wait: true) == 0 ? 0 : kernel.Threads.Current.Thread;
    }

    private ulong Acquire(in ApiCall call, bool exclusive, bool wait)
    {
        var (memory, resource, thread) = (kernel.Memory, call[0], kernel.Threads.Current);
        if (!_owners.TryGetValue(resource, out var owners))
        {
            kernel.Verifier.Report("bad-lock", $"0x{resource:x} is acquired and is no resource, or is deleted", call.Entry.Name);
            throw kernel.Stop("bad-lock", "a lock is used that was not initialised", call.Entry.Name);
        }

        if (thread.ApcDisabled == 0 && thread.Irql < Irql.Apc && thread.UserMode)
        {
            kernel.Verifier.Report("apc-enabled", "a resource is acquired without disabling kernel APCs first", call.Entry.Name);
        }

        var mine = owners.GetValueOrDefault(thread.Thread);
        while (owners.Count > (mine > 0 ? 1 : 0) && (exclusive || IsExclusive(resource)))
        {
            if (!wait)
            {
                return 0;
            }

            var before = owners.Count;
            kernel.Threads.Yield();
            if (owners.Count == before && !kernel.Clock.Advance())
            {
                throw kernel.Stop("deadlock", $"resource 0x{resource:x} is held and nobody will release it", call.Entry.Name);
            }
        }

        if (exclusive && mine > 0 && !IsExclusive(resource))
        {
            if (!wait)
            {
                return 0;
            }

            kernel.Verifier.Report("recursive-lock", "a resource that is held shared is acquired exclusively by its owner", call.Entry.Name);
            throw kernel.Stop("deadlock", "a thread waits for a resource that it holds itself", call.Entry.Name);
        }

        owners[thread.Thread] = mine + 1;
        memory.WriteUInt16(resource + ActiveCount, (ushort)owners.Count);
        if (exclusive)
        {
            memory.WriteUInt16(resource + Flags, OwnedExclusive);
        }

        memory.WriteUInt64(resource + OwnerThread, thread.Thread);
        thread.Locks.Add(new HeldLock("resource", resource, call.ReturnAddress));
        return 1;
    }

    private void Release(in ApiCall call)
    {
        var (resource, thread) = (call[0], kernel.Threads.Current);
        if (!_owners.TryGetValue(resource, out var owners) || owners.GetValueOrDefault(thread.Thread) == 0)
        {
            kernel.Verifier.Report("lock-not-held", $"resource 0x{resource:x} is released by a thread that does not hold it", call.Entry.Name);
            return;
        }

        if (--owners[thread.Thread] == 0)
        {
            owners.Remove(thread.Thread);
        }

        kernel.Memory.WriteUInt16(resource + ActiveCount, (ushort)owners.Count);
        if (owners.Count == 0)
        {
            kernel.Memory.WriteUInt16(resource + Flags, 0);
            kernel.Memory.WriteUInt64(resource + OwnerThread, 0);
        }

        var index = thread.Locks.FindLastIndex(held => held.Address == resource);
        if (index >= 0)
        {
            thread.Locks.RemoveAt(index);
        }
    }
}
