using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Memory objects.</summary>
internal sealed class FrameworkMemoryApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfMemoryCreate", Irql.Dispatch, Create);
        table.Status("WdfMemoryCreatePreallocated", Irql.Dispatch, CreatePreallocated);
        table.Status("WdfLookasideListCreate", Irql.Dispatch, CreateLookaside);
        table.Status("WdfMemoryCreateFromLookaside", Irql.Dispatch, CreateFromLookaside);
        table.Add("WdfMemoryGetBuffer", Irql.High, GetBuffer);
        table.Status("WdfMemoryAssignBuffer", Irql.Dispatch, AssignBuffer);
        table.Status("WdfMemoryCopyToBuffer", Irql.Dispatch, (in ApiCall call) => Copy(Objects.Get<FrameworkMemory>(call, 1), call[2], call[3], call[4], isToBuffer: true));
        table.Status("WdfMemoryCopyFromBuffer", Irql.Dispatch, (in ApiCall call) => Copy(Objects.Get<FrameworkMemory>(call, 1), call[2], call[3], call[4], isToBuffer: false));
    }

    private NtStatus Create(in ApiCall call)
    {
        var client = kernel.Framework.ClientOf(call);
        if (call[4] == 0)
        {
            return NtStatus.InvalidParameter;
        }

        var status = Objects.Begin(call, 1, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var tag = call.UInt32(3) != 0 ? call.UInt32(3) : client.Tag;
        status = Make(client, setup, call[4], tag, KindOf(call.UInt32(2)), out var memory);
        if (memory is null)
        {
            return status;
        }

        kernel.Memory.WriteUInt64(call[5], memory.Handle);
        if (call[6] != 0)
        {
            kernel.Memory.WriteUInt64(call[6], memory.Buffer);
        }

        return status;
    }

    private NtStatus CreateLookaside(in ApiCall call)
    {
        var client = kernel.Framework.ClientOf(call);
        if (call[2] == 0 || FrameworkAttributes.Read(kernel.Memory, call[4]) is not { } memory)
        {
            return NtStatus.InvalidParameter;
        }

        var status = Objects.Begin(call, 1, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var list = new FrameworkLookaside(client, memory, call[2], call.UInt32(5) != 0 ? call.UInt32(5) : client.Tag, KindOf(call.UInt32(3)));
        status = Objects.Add(list, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[6], list.Handle);
        return status;
    }

    private NtStatus CreateFromLookaside(in ApiCall call)
    {
        var list = Objects.Get<FrameworkLookaside>(call, 1);
        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var parent = list.Memory.Parent == 0 ? list.Client.Driver! : Objects.Find(list.Memory.Parent) ?? list;
        var status = Make(list.Client, new ObjectSetup(list.Memory, parent), list.Size, list.Tag, list.Kind, out var memory);
        if (memory is not null)
        {
            kernel.Memory.WriteUInt64(call[2], memory.Handle);
        }

        return status;
    }

    private static PoolKind KindOf(uint poolType) => (poolType & 1) != 0 ? PoolKind.Paged : PoolKind.NonPaged;

    private NtStatus Make(FrameworkClient client, ObjectSetup setup, ulong size, uint tag, PoolKind kind, out FrameworkMemory? memory)
    {
        memory = null;
        if (size > LabLimits.PoolAllocation)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Verifier.ChargeBytes(size);
        var buffer = kernel.Pool.Allocate(size, tag, kind);
        var made = new FrameworkMemory(client, buffer, size) { Destroyed = () => kernel.Pool.Free(buffer) };
        var status = Objects.Add(made, setup.Attributes, setup.Parent);
        if (status != NtStatus.Success)
        {
            kernel.Pool.Free(buffer);
            return status;
        }

        memory = made;
        return NtStatus.Success;
    }

    private NtStatus CreatePreallocated(in ApiCall call)
    {
        var client = kernel.Framework.ClientOf(call);
        if (call[2] == 0 || call[3] == 0)
        {
            return NtStatus.InvalidParameter;
        }

        var status = Objects.Begin(call, 1, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var memory = new FrameworkMemory(client, call[2], call[3]) { IsPreallocated = true };
        status = Objects.Add(memory, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[4], memory.Handle);
        return status;
    }

    private ulong GetBuffer(in ApiCall call)
    {
        var memory = Objects.Get<FrameworkMemory>(call, 1);
        if (call[2] != 0)
        {
            kernel.Memory.WriteUInt64(call[2], memory.Size);
        }

        return memory.Buffer;
    }

    private NtStatus AssignBuffer(in ApiCall call)
    {
        var memory = Objects.Get<FrameworkMemory>(call, 1);
        if (call[3] == 0 || !memory.IsPreallocated)
        {
            return NtStatus.InvalidParameter;
        }

        (memory.Buffer, memory.Size) = (call[2], call[3]);
        return NtStatus.Success;
    }

    private NtStatus Copy(FrameworkMemory memory, ulong offset, ulong buffer, ulong count, bool isToBuffer)
    {
        if (count == 0)
        {
            return NtStatus.InvalidParameter;
        }

        if (offset > memory.Size || count > memory.Size - offset || count > LabLimits.DataBytes)
        {
            return NtStatus.BufferTooSmall;
        }

        var (from, to) = isToBuffer ? (memory.Buffer + offset, buffer) : (buffer, memory.Buffer + offset);
        kernel.Verifier.CheckRange(from, count, isWrite: false);
        kernel.Verifier.CheckRange(to, count, isWrite: true);
        kernel.Memory.Write(to, kernel.Memory.Span(from, (int)count).ToArray());
        return NtStatus.Success;
    }
}
