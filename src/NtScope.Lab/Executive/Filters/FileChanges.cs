using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>What IRP_MJ_SET_INFORMATION does on the volume.</summary>
internal sealed class FileChanges(LabKernel kernel)
{
    private const ulong RenameRoot = 8;
    private const ulong RenameLength = 16;
    private const ulong RenameName = 20;
    private const uint RenameBytes = 24;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>Sets information from guest memory.</summary>
    public NtStatus Apply(OpenFile file, FileInformationClass kind, ulong buffer, uint length)
    {
        if (file.Node is not { } node)
        {
            return NtStatus.InvalidParameter;
        }

        var needed = kind switch
        {
            FileInformationClass.Disposition => 1u,
            FileInformationClass.DispositionEx => 4u,
            FileInformationClass.Rename or FileInformationClass.RenameEx => RenameBytes,
            FileInformationClass.Basic => 40u,
            FileInformationClass.EndOfFile or FileInformationClass.Position or FileInformationClass.Allocation => 8u,
            _ => 0u,
        };
        if (needed == 0)
        {
            FileInformation.StopForKnown(kernel, kind, "set");
            return NtStatus.InvalidInfoClass;
        }

        if (length < needed)
        {
            return NtStatus.InfoLengthMismatch;
        }

        switch (kind)
        {
            case FileInformationClass.Disposition:
                return node.SetDeletePending(file.Stream, _memory.ReadByte(buffer) != 0);
            case FileInformationClass.DispositionEx:
                return SetDisposition(file, node, _memory.ReadUInt32(buffer));
            case FileInformationClass.Rename:
                return Rename(file, node, buffer, length, _memory.ReadByte(buffer) != 0, replaceOpen: false);
            case FileInformationClass.RenameEx:
                var flags = _memory.ReadUInt32(buffer);
                return Rename(file, node, buffer, length, (flags & 1) != 0, (flags & 2) != 0);
            case FileInformationClass.Basic:
                return SetBasic(node, buffer);
            case FileInformationClass.EndOfFile:
                return kernel.Volume.Resize(node, file.Stream, _memory.ReadInt64(buffer));
            case FileInformationClass.Position:
                kernel.Files.SetPosition(file, _memory.ReadInt64(buffer));
                return NtStatus.Success;
            default:
                return SetAllocation(file, node, _memory.ReadInt64(buffer));
        }
    }

    /// <summary>Where a rename leads to.</summary>
    /// <param name="file">The file that is moved.</param>
    /// <param name="root">The handle of a directory that the name is relative to; 0 for none.</param>
    /// <param name="name">A full path, a name in the file's own directory, or with a root a path below it.</param>
    /// <param name="path">The path from the volume's root.</param>
    public NtStatus ResolveTarget(OpenFile file, ulong root, string name, out string path)
    {
        path = string.Empty;
        if (name.Length == 0 || file.Node is not { } node)
        {
            return NtStatus.InvalidParameter;
        }

        if (root != 0)
        {
            if (kernel.Objects.FindHandle(root)?.Object.State is not OpenFile { Node: { IsDirectory: true } directory })
            {
                return NtStatus.InvalidHandle;
            }

            path = directory.Path.TrimEnd('\\') + '\\' + name;
            return name[0] == '\\' ? NtStatus.ObjectNameInvalid : NtStatus.Success;
        }

        if (name[0] == '\\')
        {
            path = FileOperations.ToVolumePath(name) ?? string.Empty;
            return path.Length == 0 ? NtStatus.ObjectPathNotFound : NtStatus.Success;
        }

        path = (node.Parent?.Path ?? string.Empty).TrimEnd('\\') + '\\' + name;
        return name.Contains('\\', StringComparison.Ordinal) ? NtStatus.ObjectNameInvalid : NtStatus.Success;
    }

    private static NtStatus SetDisposition(OpenFile file, FileNode node, uint flags)
    {
        const uint Delete = 1;
        const uint PosixSemantics = 2;
        const uint OnClose = 8;
        const uint IgnoreReadOnly = 0x10;
        if ((flags & OnClose) != 0)
        {
            file.DeleteOnClose = file.OpenedToDelete && (flags & Delete) != 0;
            return file.OpenedToDelete ? NtStatus.Success : NtStatus.NotSupported;
        }

        var status = node.SetDeletePending(file.Stream, (flags & Delete) != 0, (flags & IgnoreReadOnly) != 0);
        node.DeletesAsPosix = status == NtStatus.Success && node.DeletePending && (flags & PosixSemantics) != 0;
        return status;
    }

    private NtStatus Rename(OpenFile file, FileNode node, ulong buffer, uint length, bool replace, bool replaceOpen)
    {
        var bytes = _memory.ReadUInt32(buffer + RenameLength);
        if (bytes > length - (uint)RenameName || (bytes & 1) != 0)
        {
            return NtStatus.InvalidParameter;
        }

        var name = Encoding.Unicode.GetString(_memory.Span(buffer + RenameName, (int)bytes));
        if (name.StartsWith(':'))
        {
            var target = Volume.Split(name).Stream;
            var status = kernel.Volume.RenameStream(node, file.Stream, target, replace);
            file.Stream = status == NtStatus.Success ? target : file.Stream;
            return status;
        }

        if (file.Stream.Length > 0)
        {
            return NtStatus.InvalidParameter;
        }

        var resolved = ResolveTarget(file, _memory.ReadUInt64(buffer + RenameRoot), name, out var path);
        return resolved == NtStatus.Success ? kernel.Volume.Rename(node, path, replace, replaceOpen) : resolved;
    }

    // A time of 0 or -1 stays as it is, and so do attributes of 0.
    private NtStatus SetBasic(FileNode node, ulong buffer)
    {
        const uint Directory = 0x10;
        var (created, written, attributes) = (_memory.ReadInt64(buffer), _memory.ReadInt64(buffer + 16), _memory.ReadUInt32(buffer + 32));
        node.Created = created > 0 ? created : node.Created;
        node.Written = written > 0 ? written : node.Written;
        node.Attributes = attributes == 0 ? node.Attributes : (attributes & ~Directory) | (node.Attributes & Directory);
        return NtStatus.Success;
    }

    private NtStatus SetAllocation(OpenFile file, FileNode node, long size) =>
        size < 0 ? NtStatus.InvalidParameter : size < node.LengthOf(file.Stream) ? kernel.Volume.Resize(node, file.Stream, size) : NtStatus.Success;
}
