using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

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
        table.Status("FltSetStreamHandleContext", Irql.Apc, (in ApiCall call) => Set(call, call[0], Target(call[1], StreamHandleType), call.UInt32(2), call[3], call[4]));
        table.Status("FltGetStreamHandleContext", Irql.Apc, (in ApiCall call) => Get(call[0], StreamHandleType, Target(call[1], StreamHandleType), call[2]));
        table.Status("FltSetStreamContext", Irql.Apc, (in ApiCall call) => Set(call, call[0], Target(call[1], StreamType), call.UInt32(2), call[3], call[4]));
        table.Status("FltGetStreamContext", Irql.Apc, (in ApiCall call) => Get(call[0], StreamType, Target(call[1], StreamType), call[2]));
        table.Status("FltSetFileContext", Irql.Apc, (in ApiCall call) => Set(call, call[0], Target(call[1], FileType), call.UInt32(2), call[3], call[4]));
        table.Status("FltGetFileContext", Irql.Apc, (in ApiCall call) => Get(call[0], FileType, Target(call[1], FileType), call[2]));
        table.Status("FltSetInstanceContext", Irql.Apc, (in ApiCall call) => Set(call, call[0], kernel.Volume, call.UInt32(1), call[2], call[3]));
        table.Status("FltGetInstanceContext", Irql.Apc, (in ApiCall call) => Get(call[0], InstanceType, kernel.Volume, call[1]));
        table.Status("FltSetVolumeContext", Irql.Apc, (in ApiCall call) => Set(call, 0, kernel.Volume, call.UInt32(1), call[2], call[3]));
        table.Status("FltGetVolumeContext", Irql.Apc, (in ApiCall call) => Get(0, VolumeType, kernel.Volume, call[2]));
    }

    private object? Target(ulong fileObject, ushort type) =>
        kernel.Files.Find(fileObject) is not { Node: not null } file ? null : type == StreamHandleType ? file : file.Node;

    private NtStatus Allocate(in ApiCall call)
    {
        var filter = kernel.Filters.Find(call[0])
            ?? throw kernel.Stop("bad-object", $"0x{call[0]:x} is used as a minifilter and is none, or no longer", call.Entry.Name);
        var status = kernel.Filters.Contexts.Allocate(filter, call.UInt16(1), call[2], call.ReturnAddress, out var address);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(call[4], address);
        }

        return status;
    }

    private NtStatus Set(in ApiCall call, ulong instance, object? target, uint operation, ulong context, ulong result)
    {
        _ = call;
        if (target is null)
        {
            return NtStatus.NotSupported;
        }

        var status = Contexts.Set(instance, target, operation, context, out var old);
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

    private NtStatus Get(ulong instance, ushort type, object? target, ulong result)
    {
        kernel.Memory.WriteUInt64(result, 0);
        if (target is null)
        {
            return NtStatus.NotFound;
        }

        var status = Contexts.Find(instance, type, target, out var context);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(result, context);
        }

        return status;
    }
}
