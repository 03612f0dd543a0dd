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
        table.Add("WdfMemoryGetBuffer", Irql.High, GetBuffer);
        table.Status("WdfMemoryAssignBuffer", Irql.Dispatch, AssignBuffer);
        table.Status("WdfMemoryCopyToBuffer", Irql.Dispatch, (in ApiCall call) => Copy(Objects.Get<FrameworkMemory>(call, 1), call[2], call[3], call[4], isToBuffer: true));
        table.Status("WdfMemoryCopyFromBuffer", Irql.Dispatch, (in ApiCall call) => Copy(Objects.Get<FrameworkMemory>(call, 1), call[2], call[3], call[4], isToBuffer: false));
    }

    private NtStatus Create(in ApiCall call)
    {
        const uint PagedBit = 1;
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

        if (call[4] > LabLimits.PoolAllocation)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Verifier.ChargeBytes(call[4]);
        var kind = (call.UInt32(2) & PagedBit) != 0 ? PoolKind.Paged : PoolKind.NonPaged;
        var buffer = kernel.Pool.Allocate(call[4], call.UInt32(3) != 0 ? call.UInt32(3) : client.Tag, kind);
        var memory = new FrameworkMemory(client, buffer, call[4]) { Destroyed = () => kernel.Pool.Free(buffer) };
        status = Objects.Add(memory, setup.Attributes, setup.Parent);
        if (status != NtStatus.Success)
        {
            kernel.Pool.Free(buffer);
            return status;
        }

        kernel.Memory.WriteUInt64(call[5], memory.Handle);
        if (call[6] != 0)
        {
            kernel.Memory.WriteUInt64(call[6], buffer);
        }

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
