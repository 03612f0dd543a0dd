using NtScope.Images;
using NtScope.Syscalls.Verification;

namespace NtScope.Targets;

/// <summary>The images of a folder and the folders below it, found by identity. Files are opened only when their time stamp and size fit.</summary>
public sealed class ImageFolder : IReferenceImages, IDisposable
{
    private const int HeaderBytes = 0x1000;

    private readonly ILookup<(uint TimeDateStamp, uint SizeOfImage), string> _paths;
    private readonly Dictionary<string, PeImage?> _open = new(StringComparer.Ordinal);

    private ImageFolder(string name, ILookup<(uint TimeDateStamp, uint SizeOfImage), string> paths)
    {
        Name = name;
        _paths = paths;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Reads the headers of all images of a folder.</summary>
    /// <exception cref="InputException">The folder cannot be read, or holds no image.</exception>
    public static ImageFolder Open(string folder, CancellationToken cancellation)
    {
        if (!Directory.Exists(folder))
        {
            throw new InputException(folder, "there is no such folder of images");
        }

        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Limits.ImageFolderDepth, IgnoreInaccessible = true };
        var found = Directory.EnumerateFiles(folder, "*", options)
            .Take(Limits.FolderFiles)
            .AsParallel()
            .WithCancellation(cancellation)
            .Select(path => (Key: KeyOf(path), Path: path))
            .Where(item => item.Key is not null)
            .ToList();
        return found.Count == 0
            ? throw new InputException(folder, "there is no image in this folder")
            : new ImageFolder(folder, found.ToLookup(item => item.Key!.Value, item => item.Path));
    }

    /// <inheritdoc/>
    public PeImage? Find(PeImage image)
    {
        foreach (var path in _paths[(image.TimeDateStamp, image.SizeOfImage)].Order(StringComparer.Ordinal))
        {
            if (OpenOnce(path) is { } file && (image.Pdb is not { } pdb || file.Pdb is null || pdb.Matches(file.Pdb)))
            {
                return file;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public PeImage? Named(string fileName) =>
        _paths.SelectMany(paths => paths).Where(path => Path.GetFileName(path).Equals(fileName, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)
            .Select(OpenOnce).FirstOrDefault(image => image is not null);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var image in _open.Values)
        {
            image?.Dispose();
        }
    }

    private PeImage? OpenOnce(string path)
    {
        if (!_open.TryGetValue(path, out var image))
        {
            try
            {
                image = PeImage.FromFile(path);
            }
            catch (InputException)
            {
                // Its headers were read before; a file that vanished or is torn is no reference.
            }

            _open[path] = image;
        }

        return image;
    }

    private static (uint, uint)? KeyOf(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var start = new byte[HeaderBytes];
            var length = RandomAccess.Read(file, start, 0);
            if (length < 0x40 || start[0] != 'M' || start[1] != 'Z')
            {
                return null;
            }

            // IMAGE_NT_HEADERS: time stamp at 8, size of image at 50h in both the 32-bit and the 64-bit form.
            var header = BitConverter.ToUInt32(start, 0x3C);
            return header > length - 0x54 ? null : (BitConverter.ToUInt32(start, (int)header + 8), BitConverter.ToUInt32(start, (int)header + 0x50));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
