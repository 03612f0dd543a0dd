using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Images;

namespace NtScope.Lab.Captures;

/// <summary>Writes the files that a machine's images were loaded from: what its service tables can be proved against.</summary>
public static class ImageFileWriter
{
    /// <summary>Writes the kernel, the drivers, win32k, ntdll and win32u into a folder, which is made if it is not there.</summary>
    /// <param name="options">The machine; what was done to it does not reach its files.</param>
    /// <param name="folder">Where they go, under their own names, over what is there.</param>
    /// <returns>How many files were written.</returns>
    /// <exception cref="IOException">A file could not be written.</exception>
    public static int Write(MachineMemoryOptions options, string folder)
    {
        using var machine = MachineMemoryBuilder.Build(options with { Attacks = [], SmearedPages = 0 });
        Directory.CreateDirectory(folder);
        foreach (var image in machine.Files)
        {
            File.WriteAllBytes(Path.Combine(folder, image.Image.Name), ImageFile.Build(image));
        }

        return machine.Files.Count;
    }
}
