using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;

namespace NtScope.Targets;

/// <summary>Makes one target of image files.</summary>
internal static class ImageTarget
{
    private const string Kernel = "nt";

    /// <summary>Opens every image of a folder, in parallel. What is no image is passed over; an image that cannot be read becomes a note.</summary>
    /// <exception cref="InputException">The folder cannot be read or holds no image.</exception>
    public static Target OpenFolder(string folder, TargetOptions options)
    {
        var (modules, problems) = OpenAll(ImagesIn(folder, options.Cancellation), options);
        if (modules.Count == 0)
        {
            throw problems is [var first, ..] ? first : new InputException(folder, "there is no image in this folder");
        }

        return Create(folder, TargetKind.Folder, modules, problems.Select(problem => $"Passed over {problem.Message}."));
    }

    /// <summary>Opens image files as one target; each must be readable.</summary>
    /// <exception cref="InputException">One of them cannot be read; the message says which and why.</exception>
    public static Target OpenFiles(IReadOnlyList<string> paths, TargetOptions options)
    {
        var (modules, problems) = OpenAll(paths, options);
        if (problems is [var problem, ..])
        {
            modules.ForEach(module => module.Image!.Dispose());
            throw problem;
        }

        return Create(string.Join(", ", paths.Select(Path.GetFileName)), TargetKind.Image, modules, []);
    }

    /// <summary>The paths of the images of a folder, by content, in the order of their names.</summary>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> ImagesIn(string folder, CancellationToken cancellation)
    {
        try
        {
            var images = Directory.EnumerateFiles(folder).Take(Limits.FolderFiles).AsParallel().WithCancellation(cancellation).Where(StartsAsImage).ToArray();
            Array.Sort(images, StringComparer.OrdinalIgnoreCase);
            return images;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InputException(folder, $"the folder cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>Whether a file begins like an image; false if it cannot be read.</summary>
    public static bool StartsAsImage(string path)
    {
        try
        {
            // What has no length may be a pipe, and to open one would wait for its other end.
            if (new FileInfo(path).Length == 0)
            {
                return false;
            }

            using var file = File.OpenHandle(path);
            Span<byte> start = stackalloc byte[2];
            return RandomAccess.Read(file, start, 0) == 2 && start.SequenceEqual("MZ"u8);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static (List<Module> Modules, IReadOnlyList<InputException> Problems) OpenAll(IReadOnlyList<string> paths, TargetOptions options)
    {
        var modules = new Module?[paths.Count];
        var problems = new InputException?[paths.Count];
        if (paths.Count == 1)
        {
            Open(0);
        }
        else
        {
            var done = 0;
            Parallel.For(0, paths.Count, new ParallelOptions { CancellationToken = options.Cancellation }, i =>
            {
                Open(i);
                options.Progress?.Report(new Progress("reading images", Interlocked.Increment(ref done), paths.Count));
            });
        }

        return ([.. modules.OfType<Module>()], [.. problems.OfType<InputException>()]);

        void Open(int i)
        {
            try
            {
                modules[i] = ModuleOf(paths[i], options.Knowledge);
            }
            catch (InputException problem)
            {
                problems[i] = problem;
            }
        }
    }

    private static Module ModuleOf(string path, KnowledgeBase knowledge)
    {
        var image = PeImage.FromFile(path);
        return new Module
        {
            Name = NameOf(image, path),
            Path = path,
            Size = image.SizeOfImage,
            Image = image,
            Pdb = image.Pdb,
            Version = image.Version?.FileVersion,
            Symbols = image.Pdb is { } pdb ? knowledge.FindKernel(pdb)?.Symbols : null,
        };
    }

    // A renamed file is still what it exports: every kernel exports its first process, and an export directory says the module's own name.
    private static string NameOf(PeImage image, string path)
    {
        if (image.Exports.TryGetRva("PsInitialSystemProcess", out _))
        {
            return Kernel;
        }

        var own = Path.GetFileNameWithoutExtension(image.Exports.ModuleName);
        return string.IsNullOrEmpty(own) || own.Any(character => !char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-' or '.'))
            ? Path.GetFileNameWithoutExtension(path)
            : own.ToLowerInvariant();
    }

    private static Target Create(string name, TargetKind kind, List<Module> modules, IEnumerable<string> notes)
    {
        modules = [.. modules.OrderBy(module => module.Name != Kernel)];
        var first = modules[0];
        var architecture = first.Name == Kernel ? first.Image!.Architecture : modules.CountBy(module => module.Image!.Architecture).MaxBy(pair => pair.Value).Key;
        var others = modules.Where(module => module.Image!.Architecture != architecture).ToArray();
        modules.RemoveAll(module => others.Contains(module));
        foreach (var other in others)
        {
            other.Image!.Dispose();
        }

        var leading = modules[0];
        return new Target(new ImageSet(modules))
        {
            Kind = kind,
            Summary = new TargetSummary(
                name,
                kind == TargetKind.Folder ? "folder" : "image",
                architecture == ProcessorArchitecture.Unknown ? null : architecture.ToString().ToLowerInvariant(),
                leading.Version?.ToString(),
                leading.Pdb?.ToString()),
            Architecture = architecture,
            Memory = new ImageMemory(Apart(modules), architecture == ProcessorArchitecture.X86 ? sizeof(uint) : sizeof(ulong)),
            Modules = modules,
            Notes = [.. notes, .. others.Select(other => $"Left out {other.Path}: it is for {other.Image!.Architecture}, the others for {architecture}.")],
        };
    }

    // Many images prefer one and the same base: the first that claims a place has it, the others are read through their modules only.
    private static List<(VirtualAddress Start, PeImage Image)> Apart(List<Module> modules)
    {
        List<(VirtualAddress Start, PeImage Image)> placed = [];
        foreach (var module in modules)
        {
            var image = module.Image!;
            if (placed.TrueForAll(other => other.Start.Value + other.Image.SizeOfImage <= image.PreferredBase || image.PreferredBase + image.SizeOfImage <= other.Start.Value))
            {
                placed.Add((new VirtualAddress(image.PreferredBase), image));
            }
        }

        return placed;
    }
}
