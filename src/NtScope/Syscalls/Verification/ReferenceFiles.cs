using NtScope.Images;

namespace NtScope.Syscalls.Verification;

/// <summary>Looks for the files of a machine's images, and keeps which were used and which were of another build.</summary>
internal sealed class ReferenceFiles(IReferenceImages? references)
{
    private readonly List<string> _strangers = [];
    private bool _isAnyUsed;

    /// <summary>Sentences about files that have the name of an image of the machine and are not it.</summary>
    public IReadOnlyList<string> Strangers => _strangers;

    /// <summary>The file of an image; null if it is not at hand.</summary>
    /// <param name="image">The image in memory.</param>
    /// <param name="fileName">What its file is called.</param>
    public PeImage? Find(PeImage image, string fileName)
    {
        if (references?.Find(image) is { } file)
        {
            _isAnyUsed = true;
            return file;
        }

        if (references?.Named(fileName) is { } stranger)
        {
            _strangers.Add($"{fileName} there is {Describe(stranger)}, this machine's is {Describe(image)}, so it is not used.");
        }

        return null;
    }

    /// <summary>Refuses files of which none is the machine's: nothing can be proved with them.</summary>
    /// <exception cref="InputException">None was used.</exception>
    public void RequireUse()
    {
        if (references is not null && !_isAnyUsed)
        {
            throw new InputException(references.Name, _strangers.Count > 0
                ? $"holds images of another build: {_strangers[0]} Give the files of this very build, or none"
                : "holds none of the images that this machine runs: give the folder with its ntoskrnl.exe, win32k.sys, ntdll.dll and others, or none");
        }
    }

    private static string Describe(PeImage image) =>
        $"{image.Version?.FileVersion.ToString() ?? "of unknown version"} ({image.Pdb?.ToString() ?? $"time stamp {image.TimeDateStamp:x8}"})";
}
