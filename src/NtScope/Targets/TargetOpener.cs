using NtScope.Captures;

namespace NtScope.Targets;

/// <summary>Opens what a user names: a known build, a folder of images, an image file or several, a capture. Files are told apart by content.</summary>
public static class TargetOpener
{
    /// <summary>Opens a known build (<c>10.0.18362.476</c>, <c>19041</c>, <c>22621-arm64</c>, a PDB's GUID and age), a folder or a file.</summary>
    /// <exception cref="InputException">Nothing of this name can be used; the message says why.</exception>
    public static Target Open(string nameOrPath, TargetOptions options) => Open([nameOrPath], options);

    /// <summary>Opens a target; several names must be images or folders of images, which are joined into one target.</summary>
    /// <exception cref="InputException">One of the names cannot be used; the message says which and why.</exception>
    public static Target Open(IReadOnlyList<string> namesOrPaths, TargetOptions options)
    {
        if (namesOrPaths.Count == 0)
        {
            throw new ArgumentException("At least one name is needed.", nameof(namesOrPaths));
        }

        if (namesOrPaths is [var name])
        {
            // What is there comes first: people name folders after the builds that they hold.
            if (Directory.Exists(name))
            {
                return ImageTarget.OpenFolder(name, options);
            }

            if (!File.Exists(name) && KnownBuildName.TryParse(name, out var build))
            {
                return KnownBuildTarget.Open(name, build, options.Knowledge);
            }

            RequireFile(name);
            return ImageTarget.StartsAsImage(name) ? ImageTarget.OpenFiles([name], options) : CaptureTarget.Open(name, options);
        }

        List<string> files = [];
        foreach (var path in namesOrPaths)
        {
            if (Directory.Exists(path))
            {
                files.AddRange(ImageTarget.ImagesIn(path, options.Cancellation));
            }
            else
            {
                RequireFile(path);
                files.Add(path);
            }
        }

        return ImageTarget.OpenFiles(files, options);
    }

    /// <summary>Makes a target of the memory of a machine in this process.</summary>
    /// <param name="memory">The machine's memory, which stays the caller's.</param>
    /// <param name="header">What is known of the machine.</param>
    /// <param name="name">How messages name it.</param>
    /// <param name="options">How to open it.</param>
    /// <exception cref="InputException">No Windows kernel can be found in it.</exception>
    public static Target OpenMachine(IPhysicalMemory memory, CaptureHeader header, string name, TargetOptions options) =>
        CaptureTarget.Open(Capture.FromMachine(memory, header, name), options);

    private static void RequireFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException(path, KnownBuildName.TryParse(path, out _)
                ? "a known build stands alone; only images are joined"
                : "there is no such file, folder or known build");
        }

        FileMedium.RequireBytes(path);
    }
}
