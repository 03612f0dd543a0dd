using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Ps routines that look at processes and threads, and system threads.</summary>
internal sealed class ProcessApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("IoGetCurrentProcess", Irql.Dispatch, (in ApiCall _) => kernel.Threads.Current.Process);
        table.Alias("IoGetCurrentProcess", "PsGetCurrentProcess");
        table.Add("KeGetCurrentThread", Irql.Dispatch, (in ApiCall _) => kernel.Threads.Current.Thread);
        table.Alias("KeGetCurrentThread", "PsGetCurrentThread");
        table.Add("PsGetCurrentProcessId", Irql.Dispatch, (in ApiCall _) => Field(kernel.Threads.Current.Thread, kernel.Processes.Layout.ThreadUniqueProcess));
        table.Add("PsGetCurrentThreadId", Irql.Dispatch, (in ApiCall _) => kernel.Threads.Current.Id);
        table.Add("PsGetProcessId", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.UniqueProcessId));
        table.Add("PsGetProcessInheritedFromUniqueProcessId", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.InheritedFromUniqueProcessId));
        table.Add("PsGetProcessImageFileName", Irql.Dispatch, (in ApiCall call) => call[0] + kernel.Processes.Layout.ImageFileName);
        table.Add("PsGetProcessExitStatus", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadUInt32(call[0] + kernel.Processes.Layout.ExitStatus));
        table.Add("PsGetProcessPeb", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.Peb));
        table.Add("PsGetProcessSessionId", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.UniqueProcessId) <= 4 ? 0UL : 1);
        table.Add("PsGetCurrentProcessSessionId", Irql.Dispatch, (in ApiCall _) => Field(kernel.Threads.Current.Process, kernel.Processes.Layout.UniqueProcessId) <= 4 ? 0UL : 1);
        table.Add("PsGetThreadId", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.ThreadUniqueThread));
        table.Add("PsGetThreadProcessId", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.ThreadUniqueProcess));
        table.Add("PsGetThreadProcess", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.ThreadProcess));
        table.Alias("PsGetThreadProcess", "IoThreadToProcess");
        table.Add("PsIsSystemThread", Irql.Dispatch, (in ApiCall call) => Field(call[0], kernel.Processes.Layout.ThreadUniqueProcess) == 4 ? 1UL : 0);
        table.Add("PsGetThreadExitStatus", Irql.Dispatch, GetThreadExitStatus);
        table.Add("PsIsThreadTerminating", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadInt32(call[0] + 4) > 0 ? 1UL : 0);
        table.Status("PsLookupProcessByProcessId", Irql.Apc, LookupProcess);
        table.Status("PsLookupThreadByThreadId", Irql.Apc, LookupThread);
        table.Status("SeLocateProcessImageName", Irql.Passive, LocateImageName);
        table.Status("PsCreateSystemThread", Irql.Passive, CreateSystemThread);
        table.Status("IoCreateSystemThread", Irql.Passive, (in ApiCall call) => CreateThread(call, first: 1));
        table.Status("PsTerminateSystemThread", Irql.Passive, (in ApiCall call) =>
        {
            // Windows asks whether the thread is a system thread: a user's thread is not, nor the one that calls DriverEntry.
            if (kernel.Threads.Current.Host is null)
            {
                return NtStatus.InvalidParameter;
            }

            kernel.Verifier.Lifetimes.ThreadEnds();
            kernel.Threads.Current.ExitStatus = (NtStatus)call.UInt32(0);
            throw new ThreadEndException();
        });
        table.Status("ZwOpenProcess", Irql.Passive, OpenProcess);
        table.Status("ZwOpenThread", Irql.Passive, OpenThread);
        table.Status("ZwTerminateProcess", Irql.Passive, TerminateProcess);
        table.Status("ZwQueryInformationProcess", Irql.Passive, QueryInformationProcess);
        table.Add("ExGetPreviousMode", Irql.Dispatch, (in ApiCall _) => kernel.Threads.Current.UserMode ? 1UL : 0);
        table.Add("KeSetPriorityThread", Irql.Dispatch, (in ApiCall call) => SetPriority(call));
        table.Add("KeQueryPriorityThread", Irql.Dispatch, (in ApiCall call) => (ulong)(ThreadAt(call[0])?.Priority ?? 8));
    }

    private ulong Field(ulong item, ulong offset) => kernel.Memory.ReadUInt64(item + offset);

    private KernelThread? ThreadAt(ulong address) => kernel.Threads.All.FirstOrDefault(thread => thread.Thread == address);

    private ulong SetPriority(in ApiCall call)
    {
        if (ThreadAt(call[0]) is not { } thread)
        {
            return 8;
        }

        var previous = thread.Priority;
        thread.Priority = call.Int32(1);
        return (ulong)previous;
    }

    private ulong GetThreadExitStatus(in ApiCall call)
    {
        var ended = kernel.Memory.ReadInt32(call[0] + 4) > 0;
        return (uint)(kernel.Objects.Find(call[0])?.State is KernelThread { ExitStatus: { } status } ? status : ended ? NtStatus.Success : NtStatus.Pending);
    }

    private NtStatus LookupProcess(in ApiCall call)
    {
        if (kernel.Processes.Find(call.UInt32(0)) is not { } process)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Objects.Reference(process.Object, call.ReturnAddress);
        kernel.Memory.WriteUInt64(call[1], process.Object.Address);
        return NtStatus.Success;
    }

    private NtStatus LookupThread(in ApiCall call)
    {
        if (kernel.Processes.FindThread(call.UInt32(0)) is not { } thread)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Objects.Reference(thread, call.ReturnAddress);
        kernel.Memory.WriteUInt64(call[1], thread.Address);
        return NtStatus.Success;
    }

    private NtStatus LocateImageName(in ApiCall call)
    {
        if (kernel.Objects.Get(call[0]).State is not LabProcess process)
        {
            return NtStatus.InvalidParameter;
        }

        var path = ProcessManager.DevicePath(process.Path);
        var block = kernel.Pool.AllocateForDriver(16 + ((ulong)(path.Length + 1) * 2), Pool.PoolManager.TagOf("SeNm"), Pool.PoolKind.Paged, call.ReturnAddress);
        if (block == 0)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Memory.WriteString(block + 16, path);
        kernel.Memory.WriteUnicodeString(block, block + 16, path.Length * 2, (path.Length + 1) * 2);
        kernel.Memory.WriteUInt64(call[1], block);
        return NtStatus.Success;
    }

    private NtStatus CreateSystemThread(in ApiCall call) => CreateThread(call, first: 0);

    private NtStatus CreateThread(in ApiCall call, int first)
    {
        if (kernel.Faults.ShouldFail("thread", call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var (routine, context) = (call[first + 5], call[first + 6]);
        var process = call[first + 3] == 0 ? kernel.Processes.SystemProcess
            : kernel.Objects.FindHandle(call[first + 3])?.Object.State as LabProcess ?? kernel.Processes.Client;
        kernel.Processes.CreateSystemThread(process, () => kernel.Verifier.CallDriver("a system thread", routine, context), out var item);
        var handle = kernel.Objects.Open(item, 0x1F_FFFF, isKernel: true, call.ReturnAddress);
        kernel.Memory.WriteUInt64(call[first], handle);
        if (call[first + 4] != 0)
        {
            kernel.Memory.WriteUInt64(call[first + 4], process.Id);
            kernel.Memory.WriteUInt64(call[first + 4] + 8, Field(item.Address, kernel.Processes.Layout.ThreadUniqueThread));
        }

        return NtStatus.Success;
    }

    private NtStatus OpenProcess(in ApiCall call)
    {
        if (call[3] == 0)
        {
            return NtStatus.InvalidParameter;
        }

        var id = (uint)kernel.Memory.ReadUInt64(call[3]);
        if (kernel.Processes.Find(id) is not { } process)
        {
            return NtStatus.InvalidCid;
        }

        var wantsKernel = ObjectAttributes.Read(kernel.Memory, call[2]).WantsKernelHandle;
        var granted = kernel.Processes.Callbacks.Open(process.Object, call.UInt32(1), wantsKernel);
        kernel.Memory.WriteUInt64(call[0], kernel.Objects.Open(process.Object, granted, wantsKernel, call.ReturnAddress));
        return NtStatus.Success;
    }

    private NtStatus OpenThread(in ApiCall call)
    {
        if (call[3] == 0)
        {
            return NtStatus.InvalidParameter;
        }

        if (kernel.Processes.FindThread((uint)kernel.Memory.ReadUInt64(call[3] + 8)) is not { } thread)
        {
            return NtStatus.InvalidCid;
        }

        var wantsKernel = ObjectAttributes.Read(kernel.Memory, call[2]).WantsKernelHandle;
        var granted = kernel.Processes.Callbacks.Open(thread, call.UInt32(1), wantsKernel);
        kernel.Memory.WriteUInt64(call[0], kernel.Objects.Open(thread, granted, wantsKernel, call.ReturnAddress));
        return NtStatus.Success;
    }

    private NtStatus TerminateProcess(in ApiCall call)
    {
        if (ProcessOf(call[0]) is not { } process)
        {
            return NtStatus.InvalidHandle;
        }

        if (call[0] != ulong.MaxValue && (kernel.Objects.FindHandle(call[0])!.Access & 1) == 0)
        {
            return NtStatus.AccessDenied;
        }

        kernel.Processes.End(process, (NtStatus)call.UInt32(1));
        return NtStatus.Success;
    }

    private NtStatus QueryInformationProcess(in ApiCall call)
    {
        const uint BasicInformation = 0;
        const uint ImageFileName = 27;
        const uint ImageFileNameWin32 = 43;
        const uint CommandLine = 60;
        const uint SessionInformation = 24;
        const uint Wow64Information = 26;
        const uint InformationClasses = 128;
        if (ProcessOf(call[0]) is not { } process)
        {
            return NtStatus.InvalidHandle;
        }

        switch (call.UInt32(1))
        {
            case BasicInformation:
                if (call.UInt32(3) != 48)
                {
                    return NtStatus.InfoLengthMismatch;
                }

                kernel.Memory.Clear(call[2], 48);
                kernel.Memory.WriteUInt32(call[2], (uint)process.ExitStatus);
                kernel.Memory.WriteUInt64(call[2] + 8, Field(process.Object.Address, kernel.Processes.Layout.Peb));
                kernel.Memory.WriteUInt64(call[2] + 32, process.Id);
                kernel.Memory.WriteUInt64(call[2] + 40, process.ParentId);
                WriteLength(call, 48);
                return NtStatus.Success;
            case ImageFileName:
                return WriteText(call, ProcessManager.DevicePath(process.Path));
            case ImageFileNameWin32:
                return WriteText(call, process.Path);
            case CommandLine:
                return WriteText(call, process.CommandLine);
            case SessionInformation:
                return WriteNumber(call, process.Id <= 4 ? 0UL : 1, sizeof(uint));
            case Wow64Information:
                return WriteNumber(call, 0, sizeof(ulong));
            case >= InformationClasses:
                return NtStatus.InvalidInfoClass;
            default:
                throw kernel.Stop("unimplemented", $"ZwQueryInformationProcess has no class {call.UInt32(1)}", call.Entry.Name);
        }
    }

    private NtStatus WriteNumber(in ApiCall call, ulong value, uint bytes)
    {
        if (call.UInt32(3) != bytes)
        {
            return NtStatus.InfoLengthMismatch;
        }

        kernel.Memory.Write(call[2], BitConverter.GetBytes(value).AsSpan(0, (int)bytes));
        WriteLength(call, bytes);
        return NtStatus.Success;
    }

    private LabProcess? ProcessOf(ulong handle) => handle == ulong.MaxValue
        ? kernel.Objects.Get(kernel.Threads.Current.Process).State as LabProcess
        : kernel.Objects.FindHandle(handle)?.Object.State as LabProcess;

    private NtStatus WriteText(in ApiCall call, string text)
    {
        var needed = 16 + (uint)((text.Length + 1) * 2);
        WriteLength(call, needed);
        if (call.UInt32(3) < needed)
        {
            return NtStatus.InfoLengthMismatch;
        }

        kernel.Memory.WriteString(call[2] + 16, text);
        kernel.Memory.WriteUnicodeString(call[2], call[2] + 16, text.Length * 2, (text.Length + 1) * 2);
        return NtStatus.Success;
    }

    private void WriteLength(in ApiCall call, uint length)
    {
        if (call[4] != 0)
        {
            kernel.Memory.WriteUInt32(call[4], length);
        }
    }
}
