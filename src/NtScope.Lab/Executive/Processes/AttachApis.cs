using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Threads that act in the address space of another process, and copies between processes.</summary>
internal sealed class AttachApis(LabKernel kernel) : IApiFamily
{
    private const ulong StateProcess = 0x20;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("KeStackAttachProcess", Irql.Apc, (in ApiCall call) => Attach(call[0], call[1]));
        table.Void("KeUnstackDetachProcess", Irql.Apc, (in ApiCall call) => Detach(call));
        table.Void("KeAttachProcess", Irql.Apc, (in ApiCall call) => Attach(call[0], 0));
        table.Void("KeDetachProcess", Irql.Apc, (in ApiCall call) => Detach(call));
        table.Status("MmCopyVirtualMemory", Irql.Apc, CopyMemory);
    }

    private void Attach(ulong process, ulong state)
    {
        _ = kernel.Objects.Get(process);
        var thread = kernel.Threads.Current;
        if (state != 0)
        {
            kernel.Memory.Clear(state, 0x30);
            kernel.Memory.WriteUInt64(state + StateProcess, thread.Process);
        }

        thread.Attached.Push(thread.Process);
        Set(process);
    }

    private void Detach(in ApiCall call)
    {
        if (kernel.Threads.Current.Attached.TryPop(out var process))
        {
            Set(process);
            return;
        }

        kernel.Verifier.Report("attached", "a thread detaches from a process that it is not attached to", call.Entry.Name);
    }

    private void Set(ulong process)
    {
        var thread = kernel.Threads.Current;
        thread.Process = process;
        kernel.Memory.WriteUInt64(thread.Thread + kernel.Processes.Layout.ThreadApcStateProcess, process);
    }

    private NtStatus CopyMemory(in ApiCall call)
    {
        var (source, target, size, copied) = (call[1], call[3], call[4], call[6]);
        var isValid = size <= LabLimits.DataBytes && kernel.UserBuffers.IsOf(source, call[0]) && kernel.UserBuffers.IsOf(target, call[2])
            && kernel.Memory.IsValid(source, size, Cpu.MemoryAccess.Read) && kernel.Memory.IsValid(target, size, Cpu.MemoryAccess.Write);
        kernel.Memory.WriteUInt64(copied, isValid ? size : 0);
        if (!isValid)
        {
            return NtStatus.AccessViolation;
        }

        kernel.Verifier.ChargeBytes(size);
        kernel.Memory.Write(target, kernel.Memory.Span(source, (int)size));
        return NtStatus.Success;
    }
}
