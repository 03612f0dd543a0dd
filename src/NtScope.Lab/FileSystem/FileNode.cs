using NtScope.Lab.Drivers;

namespace NtScope.Lab.FileSystem;

/// <summary>A file or directory of the volume.</summary>
internal sealed class FileNode(string name, FileNode? parent, bool isDirectory)
{
    /// <summary>The last part of the path.</summary>
    public string Name { get; set; } = name;

    /// <summary>The directory above; null for the root.</summary>
    public FileNode? Parent { get; set; } = parent;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory { get; } = isDirectory;

    /// <summary>What a directory holds, by name.</summary>
    public SortedDictionary<string, FileNode> Children { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The data, by stream name; the main stream's name is empty.</summary>
    public Dictionary<string, StreamData> Streams { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>FILE_ATTRIBUTE bits.</summary>
    public uint Attributes { get; set; } = isDirectory ? 0x10u : 0x20;

    /// <summary>The number by which the volume knows it.</summary>
    public ulong Id { get; init; }

    /// <summary>When it was made, in units of 100 ns since 1601.</summary>
    public long Created { get; set; }

    /// <summary>When it was last written to, in units of 100 ns since 1601.</summary>
    public long Written { get; set; }

    /// <summary>The length of a stream; 0 if there is none.</summary>
    public int LengthOf(string stream) => Streams.TryGetValue(stream, out var data) ? data.Length : 0;

    /// <summary>Files that are open on it.</summary>
    public int Opens { get; set; }

    /// <summary>Whether it goes when the last open file is closed.</summary>
    public bool DeletePending { get; set; }

    /// <summary>Whether its name goes already when the file that deletes it is closed (FILE_DISPOSITION_POSIX_SEMANTICS).</summary>
    public bool DeletesAsPosix { get; set; }

    /// <summary>Whether its name is gone.</summary>
    public bool IsUnlinked { get; set; }

    /// <summary>Marks it, or one stream of it, to go when it is closed, or not to.</summary>
    /// <param name="stream">The stream's name; empty for the file with all its streams.</param>
    /// <param name="delete">Whether it goes.</param>
    /// <param name="ignoreReadOnly">Whether it goes although it is read-only.</param>
    public NtStatus SetDeletePending(string stream, bool delete, bool ignoreReadOnly = false)
    {
        const uint ReadOnly = 1;
        if (delete && !ignoreReadOnly && (Attributes & ReadOnly) != 0)
        {
            return NtStatus.CannotDelete;
        }

        if (stream.Length > 0 && Streams.TryGetValue(stream, out var data))
        {
            data.DeletePending = delete;
            return NtStatus.Success;
        }

        if (delete && (Parent is null || Children.Count > 0))
        {
            return Parent is null ? NtStatus.CannotDelete : NtStatus.DirectoryNotEmpty;
        }

        DeletePending = delete;
        return NtStatus.Success;
    }

    /// <summary>What stands for a stream: its data; for what has none, a directory itself, the file.</summary>
    public object StreamObject(string stream) => Streams.TryGetValue(stream, out var data) ? data : this;

    /// <summary>The path from the root: <c>\keep\a.pdf</c>. Of one that became too long by renames above it, its end.</summary>
    public string Path
    {
        get
        {
            var (parts, length) = (new List<string>(), 0);
            for (var node = this; node.Parent is not null && length <= LabLimits.FilePath; node = node.Parent)
            {
                parts.Add(node.Name);
                length += node.Name.Length + 1;
            }

            parts.Reverse();
            return @"\" + string.Join('\\', parts);
        }
    }
}
