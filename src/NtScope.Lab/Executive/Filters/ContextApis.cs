using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Contexts of minifilters.</summary>
internal sealed class ContextApis(LabKernel kernel) : IApiFamily
{
    private const ushort VolumeType = 1;
    private const ushort InstanceType = 2;
    private const ushort FileType = 4;
    private const ushort StreamType = 8;
    private const ushort StreamHandleType = 0x10;

    private FilterContexts Contexts => kernel.Filters.Contexts;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("FltAllocateContext", Irql.Apc, Allocate);
        table.Void("FltReferenceContext", Irql.Apc, (in ApiCall call) => Contexts.Reference(call[0]));
        table.Void("FltReleaseContext", Irql.Apc, (in ApiCall call) => Contexts.Release(call[0]));
        table.Void("FltDeleteContext", Irql.Apc, (in ApiCall call) => Contexts.Delete(call[0]));
        table.Status("FltSetStreamHandleContext", Irql.Apc, (in ApiCall call) => SetOnFile(call, StreamHandleType));
        table.Status("FltGetStreamHandleContext", Irql.Apc, (in ApiCall call) => GetOnFile(call, StreamHandleType));
        table.Status("FltSetStreamContext", Irql.Apc, (in ApiCall call) => SetOnFile(call, StreamType));
        table.Status("FltGetStreamContext", Irql.Apc, (in ApiCall call) => GetOnFile(call, StreamType));
        table.Status("FltSetFileContext", Irql.Apc, (in ApiCall call) => SetOnFile(call, FileType));
        table.Status("FltGetFileContext", Irql.Apc, (in ApiCall call) => GetOnFile(call, FileType));
        table.Status("FltSetInstanceContext", Irql.Apc, (in ApiCall call) => Set(Instance(call[0], call), InstanceType, kernel.Volume, call.UInt32(1), call[2], call[3]));
        table.Status("FltGetInstanceContext", Irql.Apc, (in ApiCall call) => Get(Instance(call[0], call), InstanceType, kernel.Volume, call[1]));
        table.Status("FltSetVolumeContext", Irql.Apc, (in ApiCall call) => Set(null, VolumeType, kernel.Volume, call.UInt32(1), call[2], call[3]));
        table.Status("FltGetVolumeContext", Irql.Apc, (in ApiCall call) => Get(Filter(call[0], call), VolumeType, kernel.Volume, call[2]));
    }

    private MiniFilter Filter(ulong handle, in ApiCall call) => kernel.Filters.Find(handle)
        ?? throw kernel.Stop("bad-object", $"0x{handle:x} is used as a minifilter and is none, or no longer", call.Entry.Name);

    private MiniFilter Instance(ulong instance, in ApiCall call) => kernel.Filters.FindInstance(instance)
        ?? throw kernel.Stop("bad-object", $"0x{instance:x} is used as an instance of a minifilter and is none, or no longer", call.Entry.Name);

    private object? Target(ulong fileObject, ushort type) => kernel.Files.Find(fileObject) is not { Node: not null } file ? null : type switch
    {
        StreamHandleType => file,
        StreamType => file.StreamObject,
        _ => file.Node,
    };

    private NtStatus Allocate(in ApiCall call)
    {
        const uint PagedTypes = 1;
        var kind = (call.UInt32(3) & PagedTypes) != 0 ? PoolKind.Paged : PoolKind.NonPaged;
        var status = Contexts.Allocate(Filter(call[0], call), call.UInt16(1), call[2], kind, call.ReturnAddress, out var address);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(call[4], address);
        }

        return status;
    }

    private NtStatus SetOnFile(in ApiCall call, ushort type) => Set(Instance(call[0], call), type, Target(call[1], type), call.UInt32(2), call[3], call[4]);

    private NtStatus GetOnFile(in ApiCall call, ushort type) => Get(Instance(call[0], call), type, Target(call[1], type), call[2]);

    private NtStatus Set(MiniFilter? filter, ushort type, object? target, uint operation, ulong context, ulong result)
    {
        if (target is null)
        {
            return NtStatus.NotSupported;
        }

        var status = Contexts.Set(filter, type, target, operation, context, out var old);
        if (result != 0)
        {
            kernel.Memory.WriteUInt64(result, old);
        }
        else if (old != 0)
        {
            Contexts.Release(old);
        }

        return status;
    }

    private NtStatus Get(MiniFilter filter, ushort type, object? target, ulong result)
    {
        kernel.Memory.WriteUInt64(result, 0);
        if (target is null)
        {
            return NtStatus.NotFound;
        }

        var status = Contexts.Find(filter, type, target, out var context);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(result, context);
        }

        return status;
    }
}
