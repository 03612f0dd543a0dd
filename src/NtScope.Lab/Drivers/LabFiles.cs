using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Filters;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Drivers;

/// <summary>The files of volume C:, as a user-mode program reaches them: minifilters see each operation and may deny it.</summary>
public sealed class LabFiles
{
    private const uint ReadAccess = 0x12_0089;
    private const uint WriteAccess = 0x12_0116;
    private const uint DeleteAccess = 0x1_0000;
    private const uint DeleteOnCloseOption = 0x1000;
    private readonly LabKernel _kernel;

    internal LabFiles(LabKernel kernel) => _kernel = kernel;

    /// <summary>
    /// Whether reads and writes end as those that wait for a disk do: post-operations are called at DISPATCH_LEVEL on a thread of the System process.
    /// Otherwise they are called at PASSIVE_LEVEL on the thread that asked.
    /// </summary>
    public bool CompletesInDpc
    {
        get => _kernel.Filters.Callbacks.CompletesTransfersInDpc;
        set => _kernel.Filters.Callbacks.CompletesTransfersInDpc = value;
    }

    /// <summary>Writes a file; it and the directories above it are created as needed.</summary>
    /// <param name="path">The path, with an optional stream: <c>C:\keep\a.pdf:note</c>.</param>
    /// <param name="data">The content.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus Write(string path, byte[] data, LabProcess? by = null)
    {
        CreateAbove(path);
        return With(path, WriteAccess, CreateDisposition.OverwriteIf, 0x40, by, file =>
        {
            var (status, _) = WithBuffer(data.Length, data, buffer => _kernel.Files.Write(file, 0, buffer, (uint)data.Length), out _);
            return status;
        });
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The path, with an optional stream.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public LabIoResult Read(string path, LabProcess? by = null)
    {
        byte[] content = [];
        var status = With(path, ReadAccess, CreateDisposition.Open, 0x40, by, file =>
        {
            const int VirtualBytes = 0x1_0000;
            var length = file.Node?.LengthOf(file.Stream) ?? VirtualBytes;
            var (read, count) = WithBuffer(length, [], buffer => _kernel.Files.Read(file, 0, buffer, (uint)length), out var bytes);
            content = bytes.AsSpan(0, (int)count).ToArray();
            return read == NtStatus.EndOfFile ? NtStatus.Success : read;
        });
        return new LabIoResult(status, (ulong)content.Length, content);
    }

    /// <summary>Deletes a file or an empty directory by its disposition (FileDispositionInformation).</summary>
    public NtStatus Delete(string path, LabProcess? by = null) =>
        With(path, DeleteAccess, CreateDisposition.Open, 0, by, file => _kernel.Files.SetInformation(file, FileInformationClass.Disposition, [1]));

    /// <summary>Deletes as newer Windows does (FileDispositionInformationEx).</summary>
    public NtStatus DeleteEx(string path, LabProcess? by = null) =>
        With(path, DeleteAccess, CreateDisposition.Open, 0, by, file => _kernel.Files.SetInformation(file, FileInformationClass.DispositionEx, [3, 0, 0, 0]));

    /// <summary>Deletes by opening with FILE_DELETE_ON_CLOSE.</summary>
    public NtStatus DeleteOnClose(string path, LabProcess? by = null) =>
        With(path, DeleteAccess, CreateDisposition.Open, DeleteOnCloseOption, by, _ => NtStatus.Success);

    /// <summary>Moves a file.</summary>
    /// <param name="path">What to move.</param>
    /// <param name="target">The new path.</param>
    /// <param name="replace">Whether a file that is there is replaced.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus Rename(string path, string target, bool replace = false, LabProcess? by = null) =>
        With(path, DeleteAccess, CreateDisposition.Open, 0, by, file =>
        {
            var name = Encoding.Unicode.GetBytes(@"\??\" + target);
            var information = new byte[20 + name.Length];
            information[0] = replace ? (byte)1 : (byte)0;
            BitConverter.TryWriteBytes(information.AsSpan(16), name.Length);
            name.CopyTo(information, 20);
            return _kernel.Files.SetInformation(file, FileInformationClass.Rename, information);
        });

    /// <summary>Makes a directory.</summary>
    public NtStatus CreateDirectory(string path, LabProcess? by = null) => With(path, ReadAccess, CreateDisposition.OpenIf, 1, by, _ => NtStatus.Success);

    /// <summary>Whether a file, stream or directory is there. No driver is asked.</summary>
    public bool Exists(string path)
    {
        var (name, stream) = Volume.Split(Relative(path));
        return _kernel.Volume.Find(name) is { } node && (stream.Length == 0 || node.Streams.ContainsKey(stream));
    }

    /// <summary>The names in a directory, ascending, as a program sees them: minifilters may hide some.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="by">Who lists it; null for the machine's client.</param>
    /// <returns>The names without <c>.</c> and <c>..</c>; empty for what is no directory.</returns>
    public IReadOnlyList<string> List(string path, LabProcess? by = null)
    {
        const int BufferBytes = 0x1000;
        var names = new List<string>();
        With(path, ReadAccess, CreateDisposition.Open, 1, by, file =>
        {
            var (status, information) = (NtStatus.Success, 0UL);
            while (status == NtStatus.Success)
            {
                (status, information) = WithBuffer(
                    BufferBytes, [], buffer => _kernel.Directories.Query(file, FileInformationClass.BothDirectory, buffer, BufferBytes, null, single: false, restart: false), out var bytes);
                if (status == NtStatus.Success)
                {
                    AddNames(bytes.AsSpan(0, (int)Math.Min(information, BufferBytes)), names);
                }
            }

            return status;
        });
        return names;
    }

    /// <summary>The names of a file's streams besides the main one, ascending. No driver is asked.</summary>
    public IReadOnlyList<string> Streams(string path) =>
        _kernel.Volume.Find(Relative(path)) is { } node ? [.. node.Streams.Keys.Where(name => name.Length > 0).Order(StringComparer.OrdinalIgnoreCase)] : [];

    // Entries are FILE_BOTH_DIR_INFORMATION; a minifilter may have written anything.
    private static void AddNames(ReadOnlySpan<byte> entries, List<string> names)
    {
        const int NameOffset = 94;
        while (entries.Length >= NameOffset)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(entries[60..]);
            if (length >= 0 && length <= entries.Length - NameOffset && Encoding.Unicode.GetString(entries.Slice(NameOffset, length)) is var name and not ("." or ".."))
            {
                names.Add(name);
            }

            var next = BinaryPrimitives.ReadUInt32LittleEndian(entries);
            if (next == 0 || next >= (uint)entries.Length)
            {
                break;
            }

            entries = entries[(int)next..];
        }
    }

    private static string Relative(string path) => FileOperations.ToVolumePath(path)
        ?? throw new ArgumentException($"'{path}' is no path of volume C:; write it as C:\\name", nameof(path));

    private void CreateAbove(string path)
    {
        var name = Volume.Split(Relative(path)).Path;
        for (var slash = name.IndexOf('\\', 1); slash > 0; slash = name.IndexOf('\\', slash + 1))
        {
            _kernel.Volume.Open(name[..slash], CreateDisposition.OpenIf, wantsDirectory: true, out _, out _);
        }
    }

    private NtStatus With(string path, uint access, CreateDisposition disposition, uint options, LabProcess? by, Func<OpenFile, NtStatus> action)
    {
        _kernel.EnsureRunning();
        using var scope = _kernel.Processes.RunAs(by ?? _kernel.Processes.Client);
        var thread = _kernel.Threads.Current;
        _kernel.Verifier.BeginRequest();
        thread.UserMode = true;
        try
        {
            var status = _kernel.Files.Open(Relative(path), access, disposition, options, null, out var file, out _);
            if (file is not null)
            {
                status = action(file);
                _kernel.Files.Cleanup(file);
                _kernel.Objects.Dereference(file.FileObject);
            }

            _kernel.Threads.Settle();
            return status;
        }
        finally
        {
            thread.UserMode = false;
        }
    }

    // User memory: neither a system buffer nor an MDL, as NTFS is asked.
    private T WithBuffer<T>(int length, byte[] data, Func<ulong, T> action, out byte[] after)
    {
        var buffer = _kernel.UserBuffers.Allocate(length, _kernel.Threads.Current.Process);
        _kernel.Memory.Write(buffer, data);

        // The I/O manager has probed a buffer before minifilters see it.
        _kernel.Verifier.Probed(buffer, (ulong)length);
        var result = action(buffer);
        after = _kernel.Memory.Span(buffer, length).ToArray();
        _kernel.UserBuffers.Free(buffer, length);
        return result;
    }
}
