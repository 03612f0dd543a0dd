using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Operations on files of the volume, each through the minifilters.</summary>
internal sealed class FileOperations(LabKernel kernel)
{
    private const uint OptionDirectory = 0x1;
    private const uint OptionNonDirectory = 0x40;
    private const uint OptionDeleteOnClose = 0x1000;
    private const uint DeleteAccess = 0x1_0000;
    private readonly Memory.GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, OpenFile> _open = [];

    /// <summary>A path as the volume knows it: from its root, without drive or device.</summary>
    public static string? ToVolumePath(string path)
    {
        foreach (var prefix in (ReadOnlySpan<string>)[@"\??\C:", @"\DosDevices\C:", @"\Device\HarddiskVolume1", "C:"])
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

    /// <summary>Opens or creates a file (IRP_MJ_CREATE).</summary>
    /// <param name="name">The path from the volume's root, with an optional stream.</param>
    /// <param name="access">The desired access.</param>
    /// <param name="disposition">What to do whether or not it is there.</param>
    /// <param name="options">FILE_DIRECTORY_FILE 1, FILE_NON_DIRECTORY_FILE 0x40, FILE_DELETE_ON_CLOSE 0x1000.</param>
    /// <param name="below">The altitude below which it begins; null to pass all minifilters.</param>
    /// <param name="file">The open file with one reference on its object; null if the status is a failure.</param>
    /// <param name="information">FILE_OPENED 1, FILE_CREATED 2, FILE_OVERWRITTEN 3.</param>
    public NtStatus Open(string name, uint access, CreateDisposition disposition, uint options, Altitude? below, out OpenFile? file, out ulong information)
    {
        var item = kernel.Devices.CreateFile(0, name);
        _memory.WriteByte(item.Address + 0x4A, (byte)(access & 1));
        _memory.WriteByte(item.Address + 0x4C, (access & DeleteAccess) != 0 ? (byte)1 : (byte)0);
        var opening = new OpenFile(item, name) { Below = below };
        item.State = opening;
        item.Deleted = () => Close(opening);
        _open.Add(item.Address, opening);
        var security = kernel.Pool.Allocate(0x20, "IoSc");
        _memory.WriteUInt32(security + 16, access);
        var (status, result) = kernel.Filters.Callbacks.Do(opening, MajorFunction.Create,
            parameters =>
            {
                _memory.WriteUInt64(parameters, security);
                _memory.WriteUInt32(parameters + 8, ((uint)disposition << 24) | (options & 0xFF_FFFF));
                _memory.WriteUInt16(parameters + 0x10, 0x80);
                _memory.WriteUInt16(parameters + 0x12, 7);
            },
            parameters =>
            {
                var requested = _memory.ReadUInt32(parameters + 8);
                bool? directory = (requested & OptionDirectory) != 0 ? true : (requested & OptionNonDirectory) != 0 ? false : null;
                var opened = kernel.Volume.Open(name, (CreateDisposition)(requested >> 24), directory, out var node, out var how);
                if (node is not null)
                {
                    opening.Node = node;
                    opening.Stream = Volume.Split(name).Stream;
                    opening.DeleteOnClose = (requested & OptionDeleteOnClose) != 0;
                    node.Opens++;
                    node.Created = node.Created == 0 ? kernel.Clock.Now : node.Created;
                    node.Written = node.Written == 0 ? kernel.Clock.Now : node.Written;
                    _memory.WriteUInt64(item.Address + 0x18, 0xFFFF_E000_0000_0000 | (uint)node.GetHashCode());
                }

                return (opened, how);
            });
        kernel.Pool.Free(security);
        information = result;
        if ((int)status < 0)
        {
            kernel.Objects.Dereference(item);
            file = null;
            return status;
        }

        file = opening;
        return opening.Node is null ? NtStatus.Unsuccessful : status;
    }

    /// <summary>What the last closed handle does (IRP_MJ_CLEANUP).</summary>
    public void Cleanup(OpenFile file)
    {
        if (file.Node is not { } node || file.IsClosed)
        {
            return;
        }

        file.IsClosed = true;
        kernel.Filters.Callbacks.Do(file, MajorFunction.Cleanup, _ => { }, _ =>
        {
            if (file.DeleteOnClose)
            {
                file.DeleteOnClose = Volume.SetDeletePending(node, delete: true) == NtStatus.Success;
            }

            if (--node.Opens == 0 && node.DeletePending)
            {
                kernel.Volume.Remove(node);
                kernel.Filters.Contexts.TargetGone(node);
            }

            return (NtStatus.Success, 0);
        });
    }

    /// <summary>Reads (IRP_MJ_READ) into guest memory.</summary>
    public (NtStatus Status, ulong Information) Read(OpenFile file, long offset, ulong buffer, uint length, uint flags = 0) => kernel.Filters.Callbacks.Do(file, MajorFunction.Read,
        parameters => WriteTransfer(parameters, length, offset, buffer),
        parameters =>
        {
            var (start, target, count) = ReadTransfer(parameters);
            if (file.Node is null)
            {
                return (NtStatus.InvalidParameter, 0);
            }

            var status = Volume.Read(file.Node, file.Stream, start, _memory.Span(target, (int)count, Cpu.MemoryAccess.Write), out var read);
            return (status, (ulong)read);
        },
        flags: flags);

    /// <summary>Writes (IRP_MJ_WRITE) from guest memory.</summary>
    public (NtStatus Status, ulong Information) Write(OpenFile file, long offset, ulong buffer, uint length, uint flags = 0) => kernel.Filters.Callbacks.Do(file, MajorFunction.Write,
        parameters => WriteTransfer(parameters, length, offset, buffer),
        parameters =>
        {
            var (start, source, count) = ReadTransfer(parameters);
            if (file.Node is null)
            {
                return (NtStatus.InvalidParameter, 0);
            }

            var status = kernel.Volume.Write(file.Node, file.Stream, start, _memory.Span(source, (int)count));
            file.Node.Written = kernel.Clock.Now;
            return (status, status == NtStatus.Success ? count : 0);
        },
        flags: flags);

    /// <summary>Writes what is kept back (IRP_MJ_FLUSH_BUFFERS): nothing is.</summary>
    public NtStatus Flush(OpenFile file) => kernel.Filters.Callbacks.Do(file, MajorFunction.FlushBuffers, _ => { }, _ => (NtStatus.Success, 0)).Status;

    /// <summary>Sets information (IRP_MJ_SET_INFORMATION).</summary>
    public NtStatus SetInformation(OpenFile file, FileInformationClass kind, ReadOnlySpan<byte> data)
    {
        var buffer = kernel.Pool.Allocate((ulong)Math.Max(data.Length, 1), "IoSi");
        _memory.Write(buffer, data);
        var length = (uint)data.Length;
        var (status, _) = kernel.Filters.Callbacks.Do(file, MajorFunction.SetInformation,
            parameters =>
            {
                _memory.WriteUInt32(parameters, length);
                _memory.WriteUInt32(parameters + 8, (uint)kind);
                _memory.WriteUInt64(parameters + 0x20, buffer);
            },
            parameters => (Apply(file, (FileInformationClass)_memory.ReadUInt32(parameters + 8), _memory.ReadUInt64(parameters + 0x20), _memory.ReadUInt32(parameters)), 0));
        kernel.Pool.Free(buffer);
        return status;
    }

    /// <summary>Queries information (IRP_MJ_QUERY_INFORMATION) into guest memory.</summary>
    public (NtStatus Status, ulong Information) QueryInformation(OpenFile file, FileInformationClass kind, ulong buffer, uint length) =>
        kernel.Filters.Callbacks.Do(file, MajorFunction.QueryInformation,
            parameters =>
            {
                _memory.WriteUInt32(parameters, length);
                _memory.WriteUInt32(parameters + 8, (uint)kind);
                _memory.WriteUInt64(parameters + 0x10, buffer);
            },
            _ => Query(file, kind, buffer, length));

    private void WriteTransfer(ulong parameters, uint length, long offset, ulong buffer)
    {
        _memory.WriteUInt32(parameters, length);
        _memory.WriteUInt64(parameters + 0x10, (ulong)offset);
        _memory.WriteUInt64(parameters + 0x18, buffer);
    }

    private (long Offset, ulong Buffer, uint Length) ReadTransfer(ulong parameters) =>
        (_memory.ReadInt64(parameters + 0x10), _memory.ReadUInt64(parameters + 0x18), Math.Min(_memory.ReadUInt32(parameters), LabLimits.DataBytes));

    private NtStatus Apply(OpenFile file, FileInformationClass kind, ulong buffer, uint length)
    {
        if (file.Node is not { } node || length == 0)
        {
            return NtStatus.InvalidParameter;
        }

        switch (kind)
        {
            case FileInformationClass.Disposition:
                return Volume.SetDeletePending(node, _memory.ReadByte(buffer) != 0);
            case FileInformationClass.DispositionEx:
                return Volume.SetDeletePending(node, (_memory.ReadUInt32(buffer) & 1) != 0);
            case FileInformationClass.Rename or FileInformationClass.RenameEx:
                var replace = kind == FileInformationClass.Rename ? _memory.ReadByte(buffer) != 0 : (_memory.ReadUInt32(buffer) & 1) != 0;
                var target = Encoding.Unicode.GetString(_memory.Span(buffer + 20, (int)Math.Min(_memory.ReadUInt32(buffer + 16), length - 20)));
                return kernel.Volume.Rename(node, ToVolumePath(target) ?? target, replace);
            case FileInformationClass.Basic:
                var attributes = _memory.ReadUInt32(buffer + 32);
                node.Attributes = attributes == 0 ? node.Attributes : attributes;
                return NtStatus.Success;
            case FileInformationClass.EndOfFile:
                return kernel.Volume.Resize(node, file.Stream, _memory.ReadInt64(buffer));
            case FileInformationClass.Position:
                file.Position = _memory.ReadInt64(buffer);
                return NtStatus.Success;
            case FileInformationClass.Allocation:
                return NtStatus.Success;
            default:
                return NtStatus.InvalidInfoClass;
        }
    }

    private (NtStatus Status, ulong Information) Query(OpenFile file, FileInformationClass kind, ulong buffer, uint length)
    {
        if (file.Node is not { } node)
        {
            return (NtStatus.InvalidParameter, 0);
        }

        var size = (ulong)node.LengthOf(file.Stream);
        switch (kind)
        {
            case FileInformationClass.Standard when length >= 24:
                _memory.Clear(buffer, 24);
                _memory.WriteUInt64(buffer, (size + 4095) & ~4095UL);
                _memory.WriteUInt64(buffer + 8, size);
                _memory.WriteUInt32(buffer + 16, 1);
                _memory.WriteByte(buffer + 20, node.DeletePending ? (byte)1 : (byte)0);
                _memory.WriteByte(buffer + 21, node.IsDirectory ? (byte)1 : (byte)0);
                return (NtStatus.Success, 24);
            case FileInformationClass.Basic when length >= 40:
                _memory.Clear(buffer, 40);
                WriteTimes(buffer, node);
                _memory.WriteUInt32(buffer + 32, node.Attributes);
                return (NtStatus.Success, 40);
            case FileInformationClass.Internal when length >= 8:
                _memory.WriteUInt64(buffer, node.Id);
                return (NtStatus.Success, 8);
            case FileInformationClass.NetworkOpen when length >= 56:
                _memory.Clear(buffer, 56);
                WriteTimes(buffer, node);
                _memory.WriteUInt64(buffer + 32, (size + 4095) & ~4095UL);
                _memory.WriteUInt64(buffer + 40, size);
                _memory.WriteUInt32(buffer + 48, node.Attributes);
                return (NtStatus.Success, 56);
            case FileInformationClass.AttributeTag when length >= 8:
                _memory.WriteUInt32(buffer, node.Attributes);
                _memory.WriteUInt32(buffer + 4, 0);
                return (NtStatus.Success, 8);
            case FileInformationClass.Stream:
                return QueryStreams(node, buffer, length);
            case FileInformationClass.Position when length >= 8:
                _memory.WriteUInt64(buffer, (ulong)file.Position);
                return (NtStatus.Success, 8);
            case FileInformationClass.Name when length >= 4:
                var bytes = Encoding.Unicode.GetBytes(node.Path);
                _memory.WriteUInt32(buffer, (uint)bytes.Length);
                if (length - 4 < bytes.Length)
                {
                    return (NtStatus.BufferOverflow, 4);
                }

                _memory.Write(buffer + 4, bytes);
                return (NtStatus.Success, 4 + (ulong)bytes.Length);
            case FileInformationClass.Standard or FileInformationClass.Basic or FileInformationClass.Position or FileInformationClass.Name
                or FileInformationClass.Internal or FileInformationClass.NetworkOpen or FileInformationClass.AttributeTag:
                return (NtStatus.InfoLengthMismatch, 0);
            default:
                return (NtStatus.InvalidInfoClass, 0);
        }
    }

    private void WriteTimes(ulong at, FileNode node)
    {
        _memory.WriteUInt64(at, (ulong)node.Created);
        for (var i = 1UL; i < 4; i++)
        {
            _memory.WriteUInt64(at + (i * 8), (ulong)node.Written);
        }
    }

    private (NtStatus Status, ulong Information) QueryStreams(FileNode node, ulong buffer, uint length)
    {
        const uint NameOffset = 24;
        uint at = 0;
        uint last = 0;
        uint end = 0;
        foreach (var (name, data) in node.Streams)
        {
            var bytes = Encoding.Unicode.GetBytes($":{name}:$DATA");
            if (at + NameOffset + (uint)bytes.Length > length)
            {
                return (NtStatus.BufferOverflow, end);
            }

            if (end != 0)
            {
                _memory.WriteUInt32(buffer + last, at - last);
            }

            _memory.WriteUInt32(buffer + at, 0);
            _memory.WriteUInt32(buffer + at + 4, (uint)bytes.Length);
            _memory.WriteUInt64(buffer + at + 8, (ulong)data.Length);
            _memory.WriteUInt64(buffer + at + 16, ((ulong)data.Length + 4095) & ~4095UL);
            _memory.Write(buffer + at + NameOffset, bytes);
            last = at;
            end = at + NameOffset + (uint)bytes.Length;
            at = (end + 7) & ~7u;
        }

        return (NtStatus.Success, end);
    }

    private void Close(OpenFile file)
    {
        Cleanup(file);
        if (file.Node is not null)
        {
            kernel.Filters.Callbacks.Do(file, MajorFunction.Close, _ => { }, _ => (NtStatus.Success, 0));
        }

        kernel.Filters.Contexts.TargetGone(file);
        _open.Remove(file.FileObject.Address);
    }
}
