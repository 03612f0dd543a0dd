using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Events, mutexes, semaphores and waits for them.</summary>
internal sealed class EventApis(LabKernel kernel) : IApiFamily
{
    private const ulong MutantOwner = 0x28;
    private const ulong SemaphoreLimit = 0x18;
    private const ulong EventBytes = 0x18;
    private const uint OpenIf = 0x80;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("KeInitializeEvent", Irql.High, (in ApiCall call) => kernel.Dispatcher.InitializeEvent(call[0], call.Flag(2), call.UInt32(1) == 1));
        table.Add("KeSetEvent", Irql.Dispatch, (in ApiCall call) => (ulong)kernel.Dispatcher.Signal(call[0], 1));
        table.Add("KeResetEvent", Irql.Dispatch, (in ApiCall call) => (ulong)kernel.Dispatcher.Signal(call[0], 0));
        table.Void("KeClearEvent", Irql.Dispatch, (in ApiCall call) => kernel.Dispatcher.Signal(call[0], 0));
        table.Add("KeReadStateEvent", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadUInt32(call[0] + 4));
        table.Alias("KeReadStateEvent", "KeReadStateMutex", "KeReadStateSemaphore", "KeReadStateTimer");
        table.Void("KeInitializeMutex", Irql.High, (in ApiCall call) => Initialize(call[0], DispatcherObject.Mutant, 1));
        table.Add("KeReleaseMutex", Irql.Dispatch, ReleaseMutex);
        table.Void("KeInitializeSemaphore", Irql.High, InitializeSemaphore);
        table.Add("KeReleaseSemaphore", Irql.Dispatch, ReleaseSemaphore);
        table.Status("KeWaitForSingleObject", Irql.Dispatch, (in ApiCall call) => Wait([call[0]], all: false, call[4], call.Flag(3), call.Byte(2) != 0));
        table.Alias("KeWaitForSingleObject", "KeWaitForMutexObject");
        table.Status("KeWaitForMultipleObjects", Irql.Dispatch, WaitForMultiple);
        table.Status("KeDelayExecutionThread", Irql.Apc, Delay);
        table.Status("ZwWaitForSingleObject", Irql.Passive, WaitForHandle);
        table.Status("ZwCreateEvent", Irql.Passive, CreateEvent);
        table.Status("ZwSetEvent", Irql.Passive, SetEvent);
        table.Void("KeStallExecutionProcessor", Irql.High, (in ApiCall call) => kernel.Clock.MoveTo(kernel.Clock.Now + (call.UInt32(0) * 10L)));
        table.Add("IoCreateNotificationEvent", Irql.Passive, (in ApiCall call) => CreateNamed(call, synchronization: false));
        table.Add("IoCreateSynchronizationEvent", Irql.Passive, (in ApiCall call) => CreateNamed(call, synchronization: true));
    }

    private void Initialize(ulong item, DispatcherObject type, int state)
    {
        kernel.Dispatcher.InitializeEvent(item);
        kernel.Memory.WriteByte(item, (byte)type);
        kernel.Memory.WriteUInt32(item + 4, (uint)state);
        if (type == DispatcherObject.Mutant)
        {
            kernel.Memory.WriteUInt64(item + MutantOwner, 0);
            kernel.Memory.WriteUInt32(item + 0x30, 0);
        }
    }

    private ulong ReleaseMutex(in ApiCall call)
    {
        var thread = kernel.Threads.Current;
        if (kernel.Memory.ReadUInt64(call[0] + MutantOwner) != thread.Thread)
        {
            kernel.Verifier.Report("lock-not-held", "a mutex is released by a thread that does not hold it", call.Entry.Name);
            throw new GuestException(NtStatus.MutantNotOwned);
        }

        var state = kernel.Memory.ReadInt32(call[0] + 4);
        if (state == 0)
        {
            kernel.Memory.WriteUInt64(call[0] + MutantOwner, 0);
            var mutex = call[0];
            thread.Locks.RemoveAll(held => held.Address == mutex);
        }

        kernel.Dispatcher.Signal(call[0], state + 1);
        return (ulong)state;
    }

    private void InitializeSemaphore(in ApiCall call)
    {
        Initialize(call[0], DispatcherObject.Semaphore, call.Int32(1));
        kernel.Memory.WriteUInt32(call[0] + SemaphoreLimit, call.UInt32(2));
    }

    private ulong ReleaseSemaphore(in ApiCall call)
    {
        var state = kernel.Memory.ReadInt32(call[0] + 4);
        if ((long)state + call.Int32(2) > kernel.Memory.ReadInt32(call[0] + SemaphoreLimit) || call.Int32(2) < 0)
        {
            throw new GuestException(NtStatus.SemaphoreLimitExceeded);
        }

        kernel.Dispatcher.Signal(call[0], state + call.Int32(2));
        return (ulong)state;
    }

    private NtStatus Wait(ulong[] objects, bool all, ulong timeout, bool isAlertable, bool isUser)
    {
        foreach (var item in objects)
        {
            _ = kernel.Memory.ReadUInt64(item);
        }

        return kernel.Dispatcher.WaitFor(objects, all, timeout == 0 ? null : kernel.Memory.ReadInt64(timeout), isAlertable, isUser);
    }

    private NtStatus WaitForMultiple(in ApiCall call)
    {
        const uint MaximumWaitObjects = 64;
        const uint ThreadWaitObjects = 3;
        var count = call.UInt32(0);
        if (count == 0)
        {
            return NtStatus.InvalidParameter;
        }

        if (count > MaximumWaitObjects || (count > ThreadWaitObjects && call[7] == 0))
        {
            var reason = count > MaximumWaitObjects
                ? $"{count} objects are waited for; {MaximumWaitObjects} can be"
                : $"{count} objects are waited for without an array of wait blocks; a thread has {ThreadWaitObjects} of its own";
            throw kernel.BugCheck(BugCheckCode.MaximumWaitObjectsExceeded, [0, 0, 0, 0], reason);
        }

        var objects = new ulong[count];
        for (var i = 0; i < objects.Length; i++)
        {
            objects[i] = kernel.Memory.ReadUInt64(call[1] + ((ulong)i * 8));
        }

        return Wait(objects, call.UInt32(2) == 0, call[6], call.Flag(5), call.Byte(4) != 0);
    }

    private NtStatus Delay(in ApiCall call)
    {
        var interval = kernel.Memory.ReadInt64(call[2]);
        if (interval != 0)
        {
            return kernel.Dispatcher.Delay(interval, call.Flag(1), call.Byte(0) != 0);
        }

        kernel.Threads.Yield();
        return NtStatus.Success;
    }

    private NtStatus WaitForHandle(in ApiCall call) =>
        kernel.Objects.FindHandle(call[0])?.Object is { Kind: ObjectKind.Event or ObjectKind.Process or ObjectKind.Thread } item
            ? kernel.Dispatcher.WaitFor([item.Address], all: false, call[2] == 0 ? null : kernel.Memory.ReadInt64(call[2]), call.Flag(1))
            : NtStatus.InvalidHandle;

    private NtStatus CreateEvent(in ApiCall call)
    {
        var attributes = ObjectAttributes.Read(kernel.Memory, call[2]);
        var status = kernel.Objects.CreateOrOpen(ObjectKind.Event, EventBytes, attributes, out var item);
        if (item is null)
        {
            return status;
        }

        if (status == NtStatus.Success)
        {
            kernel.Dispatcher.InitializeEvent(item.Address, call.Flag(4), call.UInt32(3) == 1);
        }

        var handle = kernel.Objects.Open(item, call.UInt32(1), attributes.WantsKernelHandle, call.ReturnAddress);
        kernel.Objects.Dereference(item);
        kernel.Memory.WriteUInt64(call[0], handle);
        return status;
    }

    private NtStatus SetEvent(in ApiCall call)
    {
        if (kernel.Objects.FindHandle(call[0])?.Object is not { Kind: ObjectKind.Event } item)
        {
            return NtStatus.InvalidHandle;
        }

        var previous = kernel.Dispatcher.Signal(item.Address, 1);
        if (call[1] != 0)
        {
            kernel.Memory.WriteUInt32(call[1], (uint)previous);
        }

        return NtStatus.Success;
    }

    private ulong CreateNamed(in ApiCall call, bool synchronization)
    {
        var status = kernel.Objects.CreateOrOpen(ObjectKind.Event, EventBytes, new ObjectAttributes(0, call.UnicodeString(0), OpenIf), out var item);
        if (item is null)
        {
            return 0;
        }

        if (status == NtStatus.Success)
        {
            kernel.Dispatcher.InitializeEvent(item.Address, signalled: true, synchronization);
        }

        // The handle keeps it: the pointer counts for nothing of its own.
        kernel.Memory.WriteUInt64(call[1], kernel.Objects.Open(item, 0x1F_0003, isKernel: true, call.ReturnAddress));
        kernel.Objects.Dereference(item);
        return item.Address;
    }
}
