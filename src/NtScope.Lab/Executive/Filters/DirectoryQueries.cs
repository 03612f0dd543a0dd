using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Rtl;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Lists directories (IRP_MJ_DIRECTORY_CONTROL) through the minifilters, which may change what is listed.</summary>
internal sealed class DirectoryQueries(LabKernel kernel)
{
    private const byte QueryDirectory = 1;
    private const ulong ParametersName = 0x08;
    private const ulong ParametersClass = 0x10;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>Writes the next entries.</summary>
    /// <param name="file">The open directory.</param>
    /// <param name="kind">The class of the entries.</param>
    /// <param name="buffer">Where they go.</param>
    /// <param name="length">The bytes there.</param>
    /// <param name="pattern">Which names; kept from the first query. Null for all.</param>
    /// <param name="single">Whether one entry is wanted.</param>
    /// <param name="restart">Whether to begin again.</param>
    /// <param name="below">The altitude below which it begins; null for that of the file.</param>
    public (NtStatus Status, ulong Information) Query(OpenFile file, FileInformationClass kind, ulong buffer, uint length, string? pattern, bool single, bool restart, Altitude? below = null)
    {
        var name = pattern is null ? 0 : kernel.Pool.Allocate(16 + ((ulong)(pattern.Length + 1) * 2), "FMdq");
        if (pattern is not null)
        {
            _memory.WriteString(name + 16, pattern);
            _memory.WriteUnicodeString(name, name + 16, pattern.Length * 2, (pattern.Length + 1) * 2);
        }

        var result = kernel.Filters.Callbacks.Do(
            file, MajorFunction.DirectoryControl,
            parameters =>
            {
                _memory.WriteUInt32(parameters, length);
                _memory.WriteUInt64(parameters + ParametersName, name);
                _memory.WriteUInt32(parameters + ParametersClass, (uint)kind);
                _memory.WriteUInt64(parameters + FilterLayout.DirectoryBuffer, buffer);
            },
            parameters => Fill(
                file, (FileInformationClass)_memory.ReadUInt32(parameters + ParametersClass), kernel.Filters.Callbacks.Buffers.AddressAt(parameters + FilterLayout.DirectoryBuffer),
                _memory.ReadUInt32(parameters), pattern, single, restart),
            QueryDirectory, below: below);
        if (name != 0)
        {
            kernel.Pool.Free(name);
        }

        return result;
    }

    // Where the name stands in an entry; 0 for a class that lists nothing.
    private static uint NameOffset(FileInformationClass kind) => kind switch
    {
        FileInformationClass.Directory => 64,
        FileInformationClass.FullDirectory => 68,
        FileInformationClass.BothDirectory => 94,
        FileInformationClass.Names => 12,
        FileInformationClass.IdBothDirectory => 104,
        FileInformationClass.IdFullDirectory => 80,
        _ => 0,
    };

    private (NtStatus Status, ulong Information) Fill(
        OpenFile file, FileInformationClass kind, ulong buffer, uint length, string? pattern, bool single, bool restart)
    {
        if (file.Node is not { IsDirectory: true } directory)
        {
            return (NtStatus.InvalidParameter, 0);
        }

        var nameOffset = NameOffset(kind);
        if (nameOffset == 0)
        {
            FileInformation.StopForKnown(kernel, kind, "listed");
            return (NtStatus.InvalidInfoClass, 0);
        }

        var isFirst = file.DirectoryPosition == 0;
        file.DirectoryPattern ??= pattern ?? "*";
        file.DirectoryPosition = restart ? 0 : file.DirectoryPosition;
        var entries = Entries(directory).Where(entry => WildcardMatch.IsMatch(file.DirectoryPattern, entry.Name, ignoreCase: true)).Skip(file.DirectoryPosition);
        uint at = 0;
        uint last = 0;
        uint end = 0;
        foreach (var (name, node) in entries)
        {
            var bytes = Encoding.Unicode.GetBytes(name);
            if (at + nameOffset + (uint)bytes.Length > length)
            {
                if (end == 0)
                {
                    return (NtStatus.BufferOverflow, 0);
                }

                break;
            }

            if (end != 0)
            {
                _memory.WriteUInt32(buffer + last, at - last);
            }

            WriteEntry(buffer + at, kind, nameOffset, bytes, node);
            file.DirectoryPosition++;
            last = at;
            end = at + nameOffset + (uint)bytes.Length;
            at = (end + 7) & ~7u;
            if (single)
            {
                break;
            }
        }

        return end != 0 ? (NtStatus.Success, end) : (isFirst ? NtStatus.NoSuchFile : NtStatus.NoMoreFiles, 0);
    }

    private static IEnumerable<(string Name, FileNode Node)> Entries(FileNode directory)
    {
        if (directory.Parent is { } parent)
        {
            yield return (".", directory);
            yield return ("..", parent);
        }

        foreach (var child in directory.Children.Values)
        {
            yield return (child.Name, child);
        }
    }

    private void WriteEntry(ulong at, FileInformationClass kind, uint nameOffset, byte[] name, FileNode node)
    {
        _memory.Clear(at, (int)nameOffset);
        if (kind == FileInformationClass.Names)
        {
            _memory.WriteUInt32(at + 8, (uint)name.Length);
        }
        else
        {
            var size = (ulong)node.LengthOf(string.Empty);
            _memory.WriteUInt64(at + 8, (ulong)node.Created);
            _memory.WriteUInt64(at + 16, (ulong)node.Written);
            _memory.WriteUInt64(at + 24, (ulong)node.Written);
            _memory.WriteUInt64(at + 32, (ulong)node.Written);
            _memory.WriteUInt64(at + 40, size);
            _memory.WriteUInt64(at + 48, (size + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1));
            _memory.WriteUInt32(at + 56, node.Attributes);
            _memory.WriteUInt32(at + 60, (uint)name.Length);
            if (kind is FileInformationClass.IdBothDirectory or FileInformationClass.IdFullDirectory)
            {
                _memory.WriteUInt64(at + nameOffset - 8, node.Id);
            }
        }

        _memory.Write(at + nameOffset, name);
    }
}
