using Microsoft.Win32.SafeHandles;

namespace NtScope.Captures;

/// <summary>A file or device, by positioned reads. (A mapping would turn an input/output error or a truncation into a crash.)</summary>
internal sealed class FileMedium : CaptureMedium
{
    private readonly SafeFileHandle _handle;

    private FileMedium(SafeFileHandle handle, string name, long length)
        : base(name, length) => _handle = handle;

    /// <summary>Opens a file for positioned reads.</summary>
    /// <exception cref="InputException">The file is missing, may not be read, or cannot be read by position.</exception>
    public static FileMedium Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            RequireBytes(path);
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            return new FileMedium(handle, path, RandomAccess.GetLength(handle));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            handle?.Dispose();
            throw new InputException(path, error is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : error.Message.TrimEnd('.'), error);
        }
    }

    /// <summary>Refuses what has no length: to open a pipe would wait for its other end, and nothing of it can be read by position.</summary>
    /// <exception cref="InputException">The file is empty, a pipe or a device.</exception>
    public static void RequireBytes(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            throw new InputException(path, "is empty or no regular file: it is read by position, which a pipe or a device does not allow");
        }
    }

    public override int Read(long offset, Span<byte> destination)
    {
        var done = 0;
        try
        {
            while (done < destination.Length)
            {
                var read = RandomAccess.Read(_handle, destination[done..], offset + done);
                if (read <= 0)
                {
                    break;
                }

                done += read;
            }
        }
        catch (IOException)
        {
            // The caller reports the first byte that is missing as a fault of the medium.
        }

        return done;
    }

    public override void Dispose()
    {
        _handle.Dispose();
        base.Dispose();
    }
}
