using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Minifilters: registering, names of operations, callback data, ports.</summary>
internal sealed class FilterApis(LabKernel kernel) : IApiFamily
{
    private static readonly string[] MajorNames =
    [
        "IRP_MJ_CREATE", "IRP_MJ_CREATE_NAMED_PIPE", "IRP_MJ_CLOSE", "IRP_MJ_READ", "IRP_MJ_WRITE", "IRP_MJ_QUERY_INFORMATION",
        "IRP_MJ_SET_INFORMATION", "IRP_MJ_QUERY_EA", "IRP_MJ_SET_EA", "IRP_MJ_FLUSH_BUFFERS", "IRP_MJ_QUERY_VOLUME_INFORMATION",
        "IRP_MJ_SET_VOLUME_INFORMATION", "IRP_MJ_DIRECTORY_CONTROL", "IRP_MJ_FILE_SYSTEM_CONTROL", "IRP_MJ_DEVICE_CONTROL",
        "IRP_MJ_INTERNAL_DEVICE_CONTROL", "IRP_MJ_SHUTDOWN", "IRP_MJ_LOCK_CONTROL", "IRP_MJ_CLEANUP",
    ];

    private readonly Dictionary<byte, ulong> _names = [];

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("FltRegisterFilter", Irql.Passive, RegisterFilter);
        table.Status("FltStartFiltering", Irql.Passive, (in ApiCall call) => kernel.Filters.Start(Filter(call[0], call)));
        table.Void("FltUnregisterFilter", Irql.Passive, (in ApiCall call) => kernel.Filters.Unregister(Filter(call[0], call)));
        table.Add("FltGetIrpName", Irql.Dispatch, GetIrpName);
        table.Add("FltGetRequestorProcess", Irql.Dispatch, (in ApiCall call) => RequestorOf(call[0]));
        table.Add("FltGetRequestorProcessId", Irql.Dispatch, (in ApiCall call) =>
            (uint)kernel.Memory.ReadUInt64(RequestorOf(call[0]) + kernel.Processes.Layout.UniqueProcessId));
        table.Void("FltSetCallbackDataDirty", Irql.Dispatch, (in ApiCall call) => kernel.Memory.WriteUInt32(call[0], kernel.Memory.ReadUInt32(call[0]) | 0x8000_0000));
        table.Void("FltClearCallbackDataDirty", Irql.Dispatch, (in ApiCall call) => kernel.Memory.WriteUInt32(call[0], kernel.Memory.ReadUInt32(call[0]) & 0x7FFF_FFFF));
        table.Add("FltIsCallbackDataDirty", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadUInt32(call[0]) >> 31);
        table.Void("FltCompletePendedPreOperation", Irql.Dispatch, (in ApiCall call) => CompletePended(call, call.UInt32(1), call[2]));
        table.Void("FltCompletePendedPostOperation", Irql.Dispatch, (in ApiCall call) => CompletePended(call, 0, 0));
        table.Status("FltLockUserBuffer", Irql.Apc, (in ApiCall call) => Operation(call) is { } operation ? kernel.Filters.Callbacks.Buffers.Lock(operation) : NtStatus.InvalidParameter);
        table.Add("FltDoCompletionProcessingWhenSafe", Irql.Dispatch, CompleteWhenSafe);
        table.Void("FltCancelFileOpen", Irql.Passive, CancelFileOpen);
        table.Status("FltObjectReference", Irql.Apc, (in ApiCall call) => kernel.Filters.Reference(call[0]));
        table.Void("FltObjectDereference", Irql.Apc, (in ApiCall call) => kernel.Filters.Dereference(call[0]));
        table.Status("FltBuildDefaultSecurityDescriptor", Irql.Passive, BuildSecurityDescriptor);
        table.Void("FltFreeSecurityDescriptor", Irql.Passive, (in ApiCall call) => kernel.Pool.Free(call[0]));
        table.Status("FltCreateCommunicationPort", Irql.Passive, CreatePort);
        table.Void("FltCloseCommunicationPort", Irql.Passive, (in ApiCall call) => kernel.Filters.Ports.Close(call[0]));
        table.Void("FltCloseClientPort", Irql.Passive, CloseClientPort);
        table.Status("FltSendMessage", Irql.Apc, SendMessage);
    }

    private ulong RequestorOf(ulong data) => kernel.Memory.ReadUInt64(kernel.Memory.ReadUInt64(data + FilterLayout.DataThread) + kernel.Processes.Layout.ThreadProcess);

    private MiniFilter Filter(ulong handle, in ApiCall call) => kernel.Filters.Find(handle)
        ?? throw kernel.Stop("bad-object", $"0x{handle:x} is used as a minifilter and is none, or no longer", call.Entry.Name);

    private FilterOperation? Operation(in ApiCall call)
    {
        var operation = kernel.Filters.Callbacks.Find(call[0]);
        if (operation is null)
        {
            kernel.Verifier.Report("bad-object", $"0x{call[0]:x} is used as callback data and is none, or its operation has ended", call.Entry.Name);
        }

        return operation;
    }

    private ulong CompleteWhenSafe(in ApiCall call)
    {
        var (related, context, flags, routine, result) = (call[1], call[2], call[3], call[4], call[5]);
        return Operation(call) is { } operation && kernel.Filters.Callbacks.CompleteWhenSafe(operation, routine, related, context, flags, result) ? 1UL : 0;
    }

    private void CancelFileOpen(in ApiCall call)
    {
        if (kernel.Filters.FindInstance(call[0]) is not { } filter || kernel.Files.Find(call[1]) is not { Node: not null, IsClosed: false, IsOpen: false } file)
        {
            kernel.Verifier.Report("bad-object", "a create is taken back that is not on its way up: FltCancelFileOpen belongs into the post-operation of a create that has succeeded", call.Entry.Name);
            return;
        }

        kernel.Files.Cancel(file, filter.Altitude);
    }

    private NtStatus RegisterFilter(in ApiCall call)
    {
        if (kernel.Faults.ShouldFail("FltRegisterFilter", call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var status = kernel.Filters.Register(call[0], call[1], call.ReturnAddress, out var handle);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(call[2], handle);
        }

        return status;
    }

    private void CompletePended(in ApiCall call, uint decision, ulong context)
    {
        if (!kernel.Filters.Callbacks.CompletePended(call[0], decision, context))
        {
            kernel.Verifier.Report("pending-rule", $"callback data 0x{call[0]:x} is completed and is not pending", call.Entry.Name);
        }
    }

    private ulong GetIrpName(in ApiCall call)
    {
        var major = call.Byte(0);
        if (!_names.TryGetValue(major, out var address))
        {
            var name = major < MajorNames.Length ? MajorNames[major] : "IRP_MJ_OTHER";
            address = kernel.Pool.Allocate((ulong)name.Length + 1, "FMnm");
            kernel.Memory.Write(address, System.Text.Encoding.ASCII.GetBytes(name));
            _names.Add(major, address);
        }

        return address;
    }

    private NtStatus BuildSecurityDescriptor(in ApiCall call)
    {
        var descriptor = kernel.Pool.AllocateForDriver(0x40, Pool.PoolManager.TagOf("FMsd"), Pool.PoolKind.Paged, call.ReturnAddress);
        if (descriptor == 0)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Memory.Clear(descriptor, 0x40);
        kernel.Memory.WriteByte(descriptor, 1);
        kernel.Memory.WriteUInt64(call[0], descriptor);
        return NtStatus.Success;
    }

    private NtStatus CreatePort(in ApiCall call)
    {
        var attributes = Objects.ObjectAttributes.Read(kernel.Memory, call[2]);
        var status = kernel.Filters.Ports.Create(Filter(call[0], call), attributes.Name, call[3], call[4], call[5], call[6], call.Int32(7), out var handle);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(call[1], handle);
        }

        return status;
    }

    private void CloseClientPort(in ApiCall call)
    {
        if (kernel.Memory.ReadUInt64(call[1]) is var client and not 0)
        {
            kernel.Filters.Ports.CloseClient(client);
            kernel.Memory.WriteUInt64(call[1], 0);
        }
    }

    private NtStatus SendMessage(in ApiCall call)
    {
        if (call.UInt32(3) > LabLimits.DataBytes)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Verifier.CheckRange(call[2], call.UInt32(3), isWrite: false);
        var message = kernel.Memory.Span(call[2], (int)call.UInt32(3)).ToArray();
        return kernel.Filters.Ports.SendToClient(kernel.Memory.ReadUInt64(call[1]), message, call[4], call[5], call[6] != 0);
    }
}
