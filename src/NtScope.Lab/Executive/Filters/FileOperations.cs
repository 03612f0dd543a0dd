using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Operations on files of the volume, each through the minifilters.</summary>
internal sealed class FileOperations
{
    /// <summary>The device of the volume.</summary>
    public const string VolumeDevice = @"\Device\HarddiskVolume1";

    private const uint OptionDirectory = 0x1;
    private const uint OptionNonDirectory = 0x40;
    private const uint OptionDeleteOnClose = 0x1000;
    private const uint DeleteAccess = 0x1_0000;
    private const int Reparses = 64;
    private readonly LabKernel _kernel;
    private readonly GuestMemory _memory;
    private readonly Dictionary<ulong, OpenFile> _open = [];
    private readonly StreamControlBlocks _controlBlocks;
    private readonly FileInformation _information;
    private readonly FileChanges _changes;

    /// <summary>Operations on the machine's volume.</summary>
    public FileOperations(LabKernel kernel)
    {
        (_kernel, _memory) = (kernel, kernel.Memory);
        _controlBlocks = new StreamControlBlocks(kernel);
        _information = new FileInformation(kernel);
        _changes = new FileChanges(kernel);
        kernel.Volume.Gone = kernel.Filters.Contexts.TargetGone;
    }

    /// <summary>Where files are moved and how else they are changed.</summary>
    public FileChanges Changes => _changes;

    /// <summary>A path as the volume knows it: from its root, without drive or device.</summary>
    public static string? ToVolumePath(string path)
    {
        foreach (var prefix in (ReadOnlySpan<string>)[@"\??\C:", @"\DosDevices\C:", VolumeDevice, "C:"])
        {
            if (path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && (path.Length == prefix.Length || path[prefix.Length] == '\\'))
            {
                return path.Length == prefix.Length ? @"\" : path[prefix.Length..];
            }
        }

        return null;
    }

    /// <summary>The open file of a FILE_OBJECT, or null.</summary>
    public OpenFile? Find(ulong fileObject) => _open.GetValueOrDefault(fileObject);

    /// <summary>The position for reads and writes without one; it stands in the FILE_OBJECT.</summary>
    public long PositionOf(OpenFile file) => _memory.ReadInt64(file.FileObject.Address + IoLayout.FilePosition);

    /// <summary>Sets the position.</summary>
    public void SetPosition(OpenFile file, long position) => _memory.WriteUInt64(file.FileObject.Address + IoLayout.FilePosition, (ulong)position);

    /// <summary>Opens or creates a file (IRP_MJ_CREATE). A minifilter that answers STATUS_REPARSE has changed the FILE_OBJECT's name: it is opened by that.</summary>
    /// <param name="name">The path from the volume's root, with an optional stream.</param>
    /// <param name="access">The desired access.</param>
    /// <param name="disposition">What to do whether or not it is there.</param>
    /// <param name="options">FILE_DIRECTORY_FILE 1, FILE_NON_DIRECTORY_FILE 0x40, FILE_DELETE_ON_CLOSE 0x1000.</param>
    /// <param name="below">The altitude below which it begins; null to pass all minifilters.</param>
    /// <param name="file">The open file with one reference on its object; null if the status is a failure.</param>
    /// <param name="information">FILE_SUPERSEDED 0, FILE_OPENED 1, FILE_CREATED 2, FILE_OVERWRITTEN 3.</param>
    public NtStatus Open(string name, uint access, CreateDisposition disposition, uint options, Altitude? below, out OpenFile? file, out ulong information)
    {
        var path = name;
        for (var i = 0; i < Reparses; i++)
        {
            var opening = Prepare(path, access, below);
            var status = Create(opening, path, access, disposition, options, out information);
            if ((int)status >= 0 && status != NtStatus.Reparse)
            {
                opening.IsOpen = true;
                file = opening;
                return status;
            }

            var next = ToVolumePath(_memory.ReadUnicodeString(opening.FileObject.Address + IoLayout.FileName));
            Abandon(opening);
            if (status != NtStatus.Reparse || next is null)
            {
                file = null;
                return status == NtStatus.Reparse ? NtStatus.ObjectPathNotFound : status;
            }

            path = next;
        }

        file = null;
        information = 0;
        return NtStatus.ReparsePointNotResolved;
    }

    private OpenFile Prepare(string name, uint access, Altitude? below)
    {
        var item = _kernel.Devices.CreateFile(0, string.Empty);
        SetName(item.Address, name);
        _memory.WriteByte(item.Address + IoLayout.FileReadAccess, (byte)(access & 1));
        _memory.WriteByte(item.Address + IoLayout.FileDeleteAccess, (access & DeleteAccess) != 0 ? (byte)1 : (byte)0);
        var opening = new OpenFile(item, name) { Below = below };
        item.State = opening;
        item.Deleted = () => Close(opening);
        _open.Add(item.Address, opening);
        return opening;
    }

    private NtStatus Create(OpenFile opening, string name, uint access, CreateDisposition disposition, uint options, out ulong information)
    {
        var security = _kernel.Pool.Allocate(0x20, "IoSc");
        _memory.WriteUInt32(security + 16, access);
        var (status, result) = _kernel.Filters.Callbacks.Do(opening, MajorFunction.Create,
            parameters =>
            {
                _memory.WriteUInt64(parameters, security);
                _memory.WriteUInt32(parameters + 8, ((uint)disposition << 24) | (options & 0xFF_FFFF));
                _memory.WriteUInt16(parameters + 0x10, 0x80);
                _memory.WriteUInt16(parameters + 0x12, 7);
            },
            parameters => OpenOnVolume(opening, name, _memory.ReadUInt32(parameters + 8)));
        _kernel.Pool.Free(security);
        information = result;
        return status;
    }

    private (NtStatus Status, ulong Information) OpenOnVolume(OpenFile opening, string name, uint requested)
    {
        bool? directory = (requested & OptionDirectory) != 0 ? true : (requested & OptionNonDirectory) != 0 ? false : null;
        var status = _kernel.Volume.Open(name, (CreateDisposition)(requested >> 24), directory, out var node, out var how);
        if (node is not null)
        {
            opening.Node = node;
            opening.Stream = Volume.Split(name).Stream;
            opening.StreamObject = node.StreamObject(opening.Stream);
            opening.DeleteOnClose = opening.OpenedToDelete = (requested & OptionDeleteOnClose) != 0;
            node.Opens++;
            if (opening.StreamObject is StreamData data)
            {
                data.Opens++;
            }

            node.Created = node.Created == 0 ? _kernel.Clock.Now : node.Created;
            node.Written = node.Written == 0 ? _kernel.Clock.Now : node.Written;
            _memory.WriteUInt64(opening.FileObject.Address + IoLayout.FileContext, _controlBlocks.Open(opening));
        }

        return (status, how);
    }

    // A minifilter may have let the create fail after the volume had opened the file.
    private void Abandon(OpenFile opening)
    {
        if (opening.Node is not null && !opening.IsClosed)
        {
            Forget(opening);
        }

        _kernel.Objects.Dereference(opening.FileObject);
    }

    /// <summary>Takes a create back, as FltCancelFileOpen does: those below an altitude see IRP_MJ_CLEANUP and IRP_MJ_CLOSE.</summary>
    public void Cancel(OpenFile file, Altitude? below)
    {
        const uint OpenCancelled = 0x20_0000;
        var flags = file.FileObject.Address + IoLayout.FileFlags;
        _memory.WriteUInt32(flags, _memory.ReadUInt32(flags) | OpenCancelled);
        file.IsOpen = true;
        Cleanup(file, below);
        _kernel.Filters.Callbacks.Do(file, MajorFunction.Close, _ => { }, _ => (NtStatus.Success, 0), below: below);
        file.IsOpen = false;
    }

    /// <summary>Gives the FILE_OBJECT another name, as IoReplaceFileObjectName does.</summary>
    public void SetName(ulong fileObject, string name)
    {
        FreeName(fileObject);
        var text = _kernel.Pool.Allocate((ulong)(name.Length + 1) * 2, "IoNm", Pool.PoolKind.Paged);
        _memory.WriteString(text, name);
        _memory.WriteUnicodeString(fileObject + IoLayout.FileName, text, name.Length * 2, (name.Length + 1) * 2);
    }

    /// <summary>What the last closed handle does (IRP_MJ_CLEANUP).</summary>
    public void Cleanup(OpenFile file, Altitude? below = null)
    {
        if (!file.IsOpen || file.IsClosed)
        {
            return;
        }

        file.IsClosed = true;
        _kernel.Filters.Callbacks.Do(
            file, MajorFunction.Cleanup, _ => { },
            _ =>
            {
                Forget(file);
                return (NtStatus.Success, 0);
            },
            below: below);
    }

    private void Forget(OpenFile file)
    {
        file.IsClosed = true;
        if (file.Node is not { } node)
        {
            return;
        }

        if (file.DeleteOnClose)
        {
            file.DeleteOnClose = node.SetDeletePending(file.Stream, delete: true) == NtStatus.Success;
        }

        if (file.StreamObject is StreamData data && --data.Opens == 0 && data.DeletePending && file.Stream.Length > 0)
        {
            _kernel.Volume.RemoveStream(node, node.Streams.First(entry => entry.Value == data).Key);
        }

        node.Opens--;
        if (node.DeletePending && node.DeletesAsPosix)
        {
            _kernel.Volume.Unlink(node);
        }

        if (node.Opens == 0 && node.DeletePending)
        {
            _kernel.Volume.Remove(node);
        }
    }

    /// <summary>Reads (IRP_MJ_READ) into guest memory.</summary>
    public (NtStatus Status, ulong Information) Read(OpenFile file, long offset, ulong buffer, uint length, uint flags = 0, Altitude? below = null) =>
        _kernel.Filters.Callbacks.Do(
            file, MajorFunction.Read,
            parameters => WriteTransfer(parameters, length, offset, buffer),
            parameters =>
            {
                var (start, target, count) = ReadTransfer(parameters);
                if (file.Node is null || target == 0)
                {
                    return (NtStatus.InvalidParameter, 0);
                }

                var status = Volume.Read(file.Node, file.Stream, start, _memory.Span(target, (int)count, Cpu.MemoryAccess.Write), out var read);
                return (status, (ulong)read);
            },
            flags: flags, below: below);

    /// <summary>Writes (IRP_MJ_WRITE) from guest memory.</summary>
    public (NtStatus Status, ulong Information) Write(OpenFile file, long offset, ulong buffer, uint length, uint flags = 0, Altitude? below = null) =>
        _kernel.Filters.Callbacks.Do(
            file, MajorFunction.Write,
            parameters => WriteTransfer(parameters, length, offset, buffer),
            parameters =>
            {
                var (start, source, count) = ReadTransfer(parameters);
                if (file.Node is null || source == 0)
                {
                    return (NtStatus.InvalidParameter, 0);
                }

                var status = _kernel.Volume.Write(file.Node, file.Stream, start, _memory.Span(source, (int)count));
                file.Node.Written = _kernel.Clock.Now;
                _controlBlocks.Update(file);
                return (status, status == NtStatus.Success ? count : 0);
            },
            flags: flags, below: below);

    /// <summary>Writes what is kept back (IRP_MJ_FLUSH_BUFFERS): nothing is.</summary>
    public NtStatus Flush(OpenFile file, Altitude? below = null) =>
        _kernel.Filters.Callbacks.Do(file, MajorFunction.FlushBuffers, _ => { }, _ => (NtStatus.Success, 0), below: below).Status;

    /// <summary>Sets information (IRP_MJ_SET_INFORMATION).</summary>
    public NtStatus SetInformation(OpenFile file, FileInformationClass kind, ReadOnlySpan<byte> data, Altitude? below = null)
    {
        var buffer = _kernel.Pool.Allocate((ulong)Math.Max(data.Length, 1), "IoSi");
        _memory.Write(buffer, data);
        var length = (uint)data.Length;
        var (status, _) = _kernel.Filters.Callbacks.Do(
            file, MajorFunction.SetInformation,
            parameters =>
            {
                _memory.WriteUInt32(parameters, length);
                _memory.WriteUInt32(parameters + 8, (uint)kind);
                _memory.WriteUInt64(parameters + 0x20, buffer);
            },
            parameters =>
            {
                var result = _changes.Apply(file, (FileInformationClass)_memory.ReadUInt32(parameters + 8), _memory.ReadUInt64(parameters + 0x20), _memory.ReadUInt32(parameters));
                _controlBlocks.Update(file);
                return (result, 0);
            },
            below: below);
        _kernel.Pool.Free(buffer);
        return status;
    }

    /// <summary>Queries information (IRP_MJ_QUERY_INFORMATION) into guest memory.</summary>
    public (NtStatus Status, ulong Information) QueryInformation(OpenFile file, FileInformationClass kind, ulong buffer, uint length, Altitude? below = null) =>
        _kernel.Filters.Callbacks.Do(
            file, MajorFunction.QueryInformation,
            parameters =>
            {
                _memory.WriteUInt32(parameters, length);
                _memory.WriteUInt32(parameters + 8, (uint)kind);
                _memory.WriteUInt64(parameters + 0x10, buffer);
            },
            parameters => _information.Query(
                file, (FileInformationClass)_memory.ReadUInt32(parameters + 8), _memory.ReadUInt64(parameters + 0x10), _memory.ReadUInt32(parameters)),
            below: below);

    private void WriteTransfer(ulong parameters, uint length, long offset, ulong buffer)
    {
        _memory.WriteUInt32(parameters, length);
        _memory.WriteUInt64(parameters + 0x10, (ulong)offset);
        _memory.WriteUInt64(parameters + FilterLayout.TransferBuffer, buffer);
    }

    private (long Offset, ulong Buffer, uint Length) ReadTransfer(ulong parameters) =>
        (_memory.ReadInt64(parameters + 0x10), _kernel.Filters.Callbacks.Buffers.AddressAt(parameters + FilterLayout.TransferBuffer), Math.Min(_memory.ReadUInt32(parameters), LabLimits.DataBytes));

    private void FreeName(ulong fileObject)
    {
        if (_memory.ReadUInt64(fileObject + IoLayout.FileName + 8) is var old and not 0 && _kernel.Pool.Find(old) is not null)
        {
            _kernel.Pool.Free(old);
        }
    }

    private void Close(OpenFile file)
    {
        Cleanup(file);
        if (file.IsOpen)
        {
            _kernel.Filters.Callbacks.Do(file, MajorFunction.Close, _ => { }, _ => (NtStatus.Success, 0));
        }

        _kernel.Filters.Contexts.TargetGone(file);
        _controlBlocks.Close(file);
        FreeName(file.FileObject.Address);
        _open.Remove(file.FileObject.Address);
    }
}
