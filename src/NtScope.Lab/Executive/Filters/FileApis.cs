using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Files as drivers reach them: Zw calls through all minifilters, Flt calls below their own.</summary>
internal sealed class FileApis(LabKernel kernel) : IApiFamily
{
    private const long UsePosition = -2;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("ZwCreateFile", Irql.Passive, (in ApiCall call) => Create(call, 0, call[0], 0, null));
        table.Status("ZwOpenFile", Irql.Passive, Open);
        table.Status("FltCreateFile", Irql.Passive, (in ApiCall call) => Create(call, 2, call[2], 0, Below(call[1])));
        table.Status("FltCreateFileEx", Irql.Passive, (in ApiCall call) => Create(call, 3, call[2], call[3], Below(call[1])));
        table.Alias("FltCreateFileEx", "FltCreateFileEx2");
        table.Status("FltClose", Irql.Passive, (in ApiCall call) => kernel.Objects.Close(call[0]));
        table.Status("ZwReadFile", Irql.Passive, (in ApiCall call) => TransferByHandle(call, isRead: true));
        table.Status("ZwWriteFile", Irql.Passive, (in ApiCall call) => TransferByHandle(call, isRead: false));
        table.Status("FltReadFile", Irql.Passive, (in ApiCall call) => TransferByObject(call, isRead: true));
        table.Status("FltWriteFile", Irql.Passive, (in ApiCall call) => TransferByObject(call, isRead: false));
        table.Status("ZwQueryInformationFile", Irql.Passive, QueryByHandle);
        table.Status("ZwSetInformationFile", Irql.Passive, SetByHandle);
        table.Status("FltQueryInformationFile", Irql.Passive, QueryByObject);
        table.Status("FltSetInformationFile", Irql.Passive, SetByObject);
        table.Status("ZwQueryDirectoryFile", Irql.Passive, QueryDirectoryByHandle);
        table.Status("FltQueryDirectoryFile", Irql.Passive, QueryDirectoryByObject);
        table.Status("ZwFlushBuffersFile", Irql.Passive, FlushByHandle);
        table.Status("FltFlushBuffers", Irql.Passive, (in ApiCall call) =>
            kernel.Files.Find(call[1]) is { } file ? kernel.Files.Flush(file, Below(call[0])) : NtStatus.InvalidParameter);
        table.Status("FltIsDirectory", Irql.Passive, IsDirectory);
        table.Status("ZwDeleteFile", Irql.Passive, DeleteFile);
    }

    private Altitude? Below(ulong instance) => kernel.Filters.FindInstance(instance)?.Altitude;

    private OpenFile? ByHandle(ulong handle) => kernel.Objects.FindHandle(handle)?.Object.State as OpenFile;

    // The arguments of ZwCreateFile; the Flt calls have some more in front of them.
    private NtStatus Create(in ApiCall call, int shift, ulong handleResult, ulong objectResult, Altitude? below)
    {
        var first = shift == 3 ? 4 : shift == 2 ? 3 : 1;
        var (access, attributesAddress, statusBlock) = (call.UInt32(first), call[first + 1], call[first + 2]);
        var (disposition, options) = (call.UInt32(first + 6), call.UInt32(first + 7));
        return Open(call, attributesAddress, access, disposition, options, below, handleResult, objectResult, statusBlock);
    }

    private NtStatus Open(in ApiCall call) => Open(call, call[2], call.UInt32(1), (uint)CreateDisposition.Open, call.UInt32(5), null, call[0], 0, call[3]);

    private NtStatus Open(
        in ApiCall call, ulong attributesAddress, uint access, uint disposition, uint options, Altitude? below, ulong handleResult, ulong objectResult, ulong statusBlock)
    {
        var attributes = ObjectAttributes.Read(kernel.Memory, attributesAddress);
        var name = attributes.Name;
        if (attributes.Root != 0)
        {
            if (ByHandle(attributes.Root) is not { Node: { } root })
            {
                return NtStatus.InvalidHandle;
            }

            name = root.Path.TrimEnd('\\') + '\\' + name;
        }
        else if (FileOperations.ToVolumePath(name) is { } path)
        {
            name = path;
        }
        else
        {
            return kernel.Objects.Resolve(name, out _) is { Kind: ObjectKind.Device }
                ? throw kernel.Stop("unimplemented", $"{call.Entry.Name} opens devices in no way yet; the lab has IoGetDeviceObjectPointer", call.Entry.Name)
                : NtStatus.ObjectNameNotFound;
        }

        if (disposition > (uint)CreateDisposition.OverwriteIf)
        {
            return NtStatus.InvalidParameter;
        }

        var status = kernel.Files.Open(name, access, (CreateDisposition)disposition, options, below, out var file, out var information);
        kernel.Memory.WriteUInt32(statusBlock, (uint)status);
        kernel.Memory.WriteUInt64(statusBlock + 8, information);
        if (file is null)
        {
            return status;
        }

        file.FileObject.Closed = () => kernel.Files.Cleanup(file);
        kernel.Memory.WriteUInt64(handleResult, kernel.Objects.Open(file.FileObject, access, attributes.WantsKernelHandle, call.ReturnAddress));
        if (objectResult != 0)
        {
            kernel.Objects.Reference(file.FileObject, call.ReturnAddress);
            kernel.Memory.WriteUInt64(objectResult, file.FileObject.Address);
        }

        kernel.Objects.Dereference(file.FileObject);
        return status;
    }

    private long Offset(OpenFile file, ulong pointer) =>
        pointer == 0 || kernel.Memory.ReadInt64(pointer) is UsePosition ? kernel.Files.PositionOf(file) : kernel.Memory.ReadInt64(pointer);

    private NtStatus TransferByHandle(in ApiCall call, bool isRead)
    {
        if (ByHandle(call[0]) is not { } file)
        {
            return NtStatus.InvalidHandle;
        }

        if (call[2] != 0)
        {
            throw kernel.Stop("unimplemented", $"{call.Entry.Name} is given an APC routine; APCs do not exist", call.Entry.Name);
        }

        var signal = kernel.Objects.FindHandle(call[1])?.Object;
        if (call[1] != 0 && signal is not { Kind: ObjectKind.Event })
        {
            return signal is null ? NtStatus.InvalidHandle : NtStatus.ObjectTypeMismatch;
        }

        var offset = Offset(file, call[7]);
        kernel.Verifier.CheckRange(call[5], call.UInt32(6), isRead);
        var (status, information) = isRead
            ? kernel.Files.Read(file, offset, call[5], call.UInt32(6))
            : kernel.Files.Write(file, offset, call[5], call.UInt32(6));
        kernel.Files.SetPosition(file, offset + (long)information);
        kernel.Memory.WriteUInt32(call[4], (uint)status);
        kernel.Memory.WriteUInt64(call[4] + 8, information);
        if (signal is not null)
        {
            kernel.Dispatcher.Signal(signal.Address, 1);
        }

        return status;
    }

    private NtStatus TransferByObject(in ApiCall call, bool isRead)
    {
        if (kernel.Files.Find(call[1]) is not { } file)
        {
            return NtStatus.InvalidParameter;
        }

        var (instance, pointer, length, buffer, flags, result) = (call[0], call[2], call.UInt32(3), call[4], call.UInt32(5), call[6]);
        const uint NonCached = 1;
        const uint PagingIo = 2;
        const uint KeepPosition = 4;
        var offset = Offset(file, pointer);
        kernel.Verifier.CheckRange(buffer, length, isRead);
        var irpFlags = flags & (NonCached | PagingIo);
        var (status, information) = isRead
            ? kernel.Files.Read(file, offset, buffer, length, irpFlags, Below(instance))
            : kernel.Files.Write(file, offset, buffer, length, irpFlags, Below(instance));
        if ((flags & KeepPosition) == 0 && pointer == 0)
        {
            kernel.Files.SetPosition(file, offset + (long)information);
        }

        if (result != 0)
        {
            kernel.Memory.WriteUInt32(result, (uint)information);
        }

        return call[7] == 0 ? status : CallBack(call[7], call[8], status, information);
    }

    // The operation is done; a driver that asks for a callback is told of it by another thread, and not before it has waited.
    private NtStatus CallBack(ulong routine, ulong context, NtStatus status, ulong information)
    {
        kernel.Workers.Queue(() =>
        {
            var data = kernel.Pool.Allocate(FilterLayout.DataBytes, "FMcd");
            kernel.Memory.WriteUInt32(data + FilterLayout.DataStatus, (uint)status);
            kernel.Memory.WriteUInt64(data + FilterLayout.DataInformation, information);
            kernel.Verifier.CallDriver("the completed-I/O routine", routine, data, context);
            kernel.Pool.Free(data);
        });
        return NtStatus.Pending;
    }

    private NtStatus QueryByHandle(in ApiCall call)
    {
        if (ByHandle(call[0]) is not { } file)
        {
            return NtStatus.InvalidHandle;
        }

        kernel.Verifier.CheckRange(call[2], call.UInt32(3), isWrite: true);
        var (status, information) = kernel.Files.QueryInformation(file, (FileInformationClass)call.UInt32(4), call[2], call.UInt32(3));
        kernel.Memory.WriteUInt32(call[1], (uint)status);
        kernel.Memory.WriteUInt64(call[1] + 8, information);
        return status;
    }

    private NtStatus SetByHandle(in ApiCall call)
    {
        if (ByHandle(call[0]) is not { } file)
        {
            return NtStatus.InvalidHandle;
        }

        var status = Set(file, call[2], call.UInt32(3), call.UInt32(4), null);
        kernel.Memory.WriteUInt32(call[1], (uint)status);
        kernel.Memory.WriteUInt64(call[1] + 8, 0);
        return status;
    }

    private NtStatus QueryByObject(in ApiCall call)
    {
        if (kernel.Files.Find(call[1]) is not { } file)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Verifier.CheckRange(call[2], call.UInt32(3), isWrite: true);
        var (status, information) = kernel.Files.QueryInformation(file, (FileInformationClass)call.UInt32(4), call[2], call.UInt32(3), Below(call[0]));
        if (call[5] != 0)
        {
            kernel.Memory.WriteUInt32(call[5], (uint)information);
        }

        return status;
    }

    private NtStatus SetByObject(in ApiCall call)
    {
        if (kernel.Files.Find(call[1]) is not { } file)
        {
            return NtStatus.InvalidParameter;
        }

        return Set(file, call[2], call.UInt32(3), call.UInt32(4), Below(call[0]));
    }

    private NtStatus FlushByHandle(in ApiCall call)
    {
        if (ByHandle(call[0]) is not { } file)
        {
            return NtStatus.InvalidHandle;
        }

        kernel.Memory.WriteUInt32(call[1], 0);
        return kernel.Files.Flush(file);
    }

    private NtStatus QueryDirectoryByHandle(in ApiCall call)
    {
        if (ByHandle(call[0]) is not { } file)
        {
            return NtStatus.InvalidHandle;
        }

        kernel.Verifier.CheckRange(call[5], call.UInt32(6), isWrite: true);
        var (status, information) = kernel.Directories.Query(
            file, (FileInformationClass)call.UInt32(7), call[5], call.UInt32(6), call[9] == 0 ? null : call.UnicodeString(9), call.Flag(8), call.Flag(10));
        kernel.Memory.WriteUInt32(call[4], (uint)status);
        kernel.Memory.WriteUInt64(call[4] + 8, information);
        return status;
    }

    private NtStatus QueryDirectoryByObject(in ApiCall call)
    {
        if (kernel.Files.Find(call[1]) is not { } file)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Verifier.CheckRange(call[2], call.UInt32(3), isWrite: true);
        var (status, information) = kernel.Directories.Query(
            file, (FileInformationClass)call.UInt32(4), call[2], call.UInt32(3), call[6] == 0 ? null : call.UnicodeString(6), call.Flag(5), call.Flag(7), Below(call[0]));
        if (call[8] != 0)
        {
            kernel.Memory.WriteUInt32(call[8], (uint)information);
        }

        return status;
    }

    private NtStatus Set(OpenFile file, ulong buffer, uint length, uint kind, Altitude? below)
    {
        if (length > 0x1_0000)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Verifier.CheckRange(buffer, length, isWrite: false);
        return kernel.Files.SetInformation(file, (FileInformationClass)kind, kernel.Memory.Span(buffer, (int)length), below);
    }

    private NtStatus IsDirectory(in ApiCall call)
    {
        if (kernel.Files.Find(call[0]) is not { Node: { } node })
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Memory.WriteByte(call[2], node.IsDirectory ? (byte)1 : (byte)0);
        return NtStatus.Success;
    }

    private NtStatus DeleteFile(in ApiCall call)
    {
        var name = ObjectAttributes.Read(kernel.Memory, call[0]).Name;
        if (FileOperations.ToVolumePath(name) is not { } path)
        {
            return NtStatus.ObjectNameNotFound;
        }

        var status = kernel.Files.Open(path, 0x1_0000, CreateDisposition.Open, 0, null, out var file, out _);
        if (file is not null)
        {
            status = kernel.Files.SetInformation(file, FileInformationClass.Disposition, [1]);
            kernel.Files.Cleanup(file);
            kernel.Objects.Dereference(file.FileObject);
        }

        return status;
    }
}
