using NtScope.Lab.Drivers;

namespace NtScope.Lab.FileSystem;

/// <summary>A volume in memory that behaves as NTFS does for what drivers look at: streams, pending deletion, renames.</summary>
internal sealed class Volume
{
    private int _nodes;
    private ulong _lastId = 5;

    /// <summary>The root directory.</summary>
    public FileNode Root { get; } = new(string.Empty, null, isDirectory: true);

    /// <summary>Is told of each file and each stream (<see cref="StreamData"/>) that is gone.</summary>
    public Action<object>? Gone { get; set; }

    /// <summary>Bytes of all streams.</summary>
    public long Used { get; private set; }

    /// <summary>Splits <c>\a\b.txt:stream</c> into the path and the stream's name.</summary>
    public static (string Path, string Stream) Split(string name)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return (name, string.Empty);
        }

        var stream = name[(colon + 1)..];
        const string DataType = ":$DATA";
        return (name[..colon], stream.EndsWith(DataType, StringComparison.OrdinalIgnoreCase) ? stream[..^DataType.Length] : stream);
    }

    /// <summary>Finds a file or directory.</summary>
    public FileNode? Find(string path)
    {
        var node = Root;
        foreach (var part in path.Split('\\', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!node.Children.TryGetValue(part, out node!))
            {
                return null;
            }
        }

        return node;
    }

    /// <summary>Opens or creates a file or directory.</summary>
    /// <param name="name">The path with an optional stream.</param>
    /// <param name="disposition">What to do whether or not it is there.</param>
    /// <param name="wantsDirectory">True for a directory, false for a file, null for either.</param>
    /// <param name="node">The file; null if the status is a failure.</param>
    /// <param name="information">FILE_SUPERSEDED 0, FILE_OPENED 1, FILE_CREATED 2, FILE_OVERWRITTEN 3.</param>
    public NtStatus Open(string name, CreateDisposition disposition, bool? wantsDirectory, out FileNode? node, out uint information)
    {
        node = null;
        information = 0;
        var (path, stream) = Split(name);
        if (path.Length > 0 && path[0] != '\\')
        {
            return NtStatus.ObjectNameInvalid;
        }

        var found = Find(path);
        if (found is { DeletePending: true } || found?.Streams.GetValueOrDefault(stream) is { DeletePending: true })
        {
            return NtStatus.DeletePending;
        }

        var exists = found is not null && (stream.Length == 0 || found.Streams.ContainsKey(stream));
        if (exists && disposition == CreateDisposition.Create)
        {
            return NtStatus.ObjectNameCollision;
        }

        if (!exists && disposition is CreateDisposition.Open or CreateDisposition.Overwrite)
        {
            return Find(ParentOf(path)) is null ? NtStatus.ObjectPathNotFound : NtStatus.ObjectNameNotFound;
        }

        if (found is not null && wantsDirectory is { } directory && directory != found.IsDirectory && stream.Length == 0)
        {
            return directory ? NtStatus.NotADirectory : NtStatus.FileIsADirectory;
        }

        if (found is null)
        {
            if (Find(ParentOf(path)) is not { IsDirectory: true } parent)
            {
                return NtStatus.ObjectPathNotFound;
            }

            var leaf = path[(path.LastIndexOf('\\') + 1)..];
            if (leaf.Length is 0 or > LabLimits.FileName || path.Length > LabLimits.FilePath)
            {
                return NtStatus.ObjectNameInvalid;
            }

            if (_nodes >= LabLimits.StoredNodes)
            {
                return NtStatus.DiskFull;
            }

            _nodes++;
            found = new FileNode(leaf, parent, wantsDirectory == true) { Id = ++_lastId };
            parent.Children.Add(found.Name, found);
            if (!found.IsDirectory)
            {
                found.Streams[string.Empty] = new StreamData();
            }
        }

        information = exists ? 1u : 2;
        if (!exists && stream.Length > 0)
        {
            found.Streams[stream] = new StreamData();
        }
        else if (exists && disposition is CreateDisposition.Supersede or CreateDisposition.Overwrite or CreateDisposition.OverwriteIf && (stream.Length > 0 || !found.IsDirectory))
        {
            _ = Resize(found, stream, 0);
            information = disposition == CreateDisposition.Supersede ? 0u : 3;
            if (stream.Length == 0)
            {
                RemoveNamedStreams(found);
            }
        }

        node = found;
        return NtStatus.Success;
    }

    /// <summary>Reads from a stream.</summary>
    public static NtStatus Read(FileNode node, string stream, long offset, Span<byte> destination, out int count)
    {
        count = 0;
        if (node.IsDirectory && stream.Length == 0)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        if (!node.Streams.TryGetValue(stream, out var data) || offset < 0 || offset >= data.Length)
        {
            return destination.Length == 0 ? NtStatus.Success : NtStatus.EndOfFile;
        }

        count = (int)Math.Min(destination.Length, data.Length - offset);
        data.Bytes.Slice((int)offset, count).CopyTo(destination);
        return NtStatus.Success;
    }

    /// <summary>Writes to a stream; it grows as needed.</summary>
    public NtStatus Write(FileNode node, string stream, long offset, ReadOnlySpan<byte> source)
    {
        if (node.IsDirectory && stream.Length == 0)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        var length = node.LengthOf(stream);
        offset = offset < 0 ? length : offset;
        if (offset > LabLimits.DataBytes - source.Length)
        {
            return NtStatus.DiskFull;
        }

        var status = offset + source.Length > length ? Resize(node, stream, offset + source.Length) : NtStatus.Success;
        if (status == NtStatus.Success && source.Length > 0)
        {
            source.CopyTo(node.Streams[stream].Bytes[(int)offset..]);
        }

        return status;
    }

    /// <summary>Moves a file.</summary>
    /// <param name="node">The file.</param>
    /// <param name="target">Its new path, from the root.</param>
    /// <param name="replace">Whether a file that is there is replaced.</param>
    /// <param name="replaceOpen">Whether it is replaced although it is open; it lives on without a name.</param>
    public NtStatus Rename(FileNode node, string target, bool replace, bool replaceOpen = false)
    {
        if (node.IsUnlinked || target.Contains(':', StringComparison.Ordinal))
        {
            return node.IsUnlinked ? NtStatus.AccessDenied : NtStatus.ObjectNameInvalid;
        }

        if (Find(ParentOf(target)) is not { IsDirectory: true } parent)
        {
            return NtStatus.ObjectPathNotFound;
        }

        for (var above = parent; above is not null; above = above.Parent)
        {
            if (above == node)
            {
                return NtStatus.AccessDenied;
            }
        }

        var name = target[(target.LastIndexOf('\\') + 1)..];
        if (name.Length == 0)
        {
            return NtStatus.ObjectNameInvalid;
        }

        if (parent.Children.TryGetValue(name, out var there) && there != node)
        {
            if (!replace || there.IsDirectory || (there.Opens > 0 && !replaceOpen))
            {
                return replace ? NtStatus.AccessDenied : NtStatus.ObjectNameCollision;
            }

            if (there.Opens > 0)
            {
                there.DeletePending = true;
                Unlink(there);
            }
            else
            {
                Remove(there);
            }
        }

        node.Parent!.Children.Remove(node.Name);
        node.Name = name;
        node.Parent = parent;
        parent.Children.Add(name, node);
        return NtStatus.Success;
    }

    /// <summary>Gives a stream another name. The main stream leaves an empty one behind.</summary>
    public NtStatus RenameStream(FileNode node, string stream, string target, bool replace)
    {
        if (!node.Streams.TryGetValue(stream, out var data) || target.Length == 0)
        {
            return NtStatus.InvalidParameter;
        }

        if (node.Streams.TryGetValue(target, out var there) && there != data)
        {
            if (!replace || there.Opens > 0)
            {
                return replace ? NtStatus.AccessDenied : NtStatus.ObjectNameCollision;
            }

            RemoveStream(node, target);
        }

        node.Streams.Remove(stream);
        node.Streams.Add(target, data);
        if (stream.Length == 0 && !node.IsDirectory)
        {
            node.Streams.Add(string.Empty, new StreamData());
        }

        return NtStatus.Success;
    }

    /// <summary>Takes a file's name out of its directory. Its data stay until <see cref="Remove"/>.</summary>
    public void Unlink(FileNode node)
    {
        if (!node.IsUnlinked && node.Parent?.Children.Remove(node.Name) == true)
        {
            node.IsUnlinked = true;
            _nodes--;
        }
    }

    /// <summary>Takes a file out of its directory and discards its data.</summary>
    public void Remove(FileNode node)
    {
        Unlink(node);
        foreach (var stream in node.Streams.Keys.ToArray())
        {
            RemoveStream(node, stream);
        }

        Gone?.Invoke(node);
    }

    /// <summary>Discards a stream.</summary>
    public void RemoveStream(FileNode node, string stream)
    {
        if (node.Streams.Remove(stream, out var data))
        {
            Used -= data.Length;
            Gone?.Invoke(data);
        }
    }

    private void RemoveNamedStreams(FileNode node)
    {
        foreach (var (name, data) in node.Streams.Where(entry => entry.Key.Length > 0).ToArray())
        {
            if (data.Opens > 0)
            {
                data.DeletePending = true;
            }
            else
            {
                RemoveStream(node, name);
            }
        }
    }

    /// <summary>Sets the size of a stream; what is new is zero.</summary>
    public NtStatus Resize(FileNode node, string stream, long size)
    {
        if (size is < 0 or > LabLimits.DataBytes)
        {
            return NtStatus.InvalidParameter;
        }

        if (!node.Streams.TryGetValue(stream, out var data))
        {
            node.Streams.Add(stream, data = new StreamData());
        }

        if (Used + size - data.Length > LabLimits.StoredBytes)
        {
            return NtStatus.DiskFull;
        }

        Used += size - data.Length;
        data.Resize((int)size);
        return NtStatus.Success;
    }

    private static string ParentOf(string path) => path.LastIndexOf('\\') is var slash and > 0 ? path[..slash] : @"\";
}
