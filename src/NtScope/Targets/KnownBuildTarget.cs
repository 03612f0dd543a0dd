using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;

namespace NtScope.Targets;

/// <summary>Makes a target of embedded knowledge: a kernel's names and types, and no memory.</summary>
internal static class KnownBuildTarget
{
    private const string KernelFile = "ntoskrnl.exe";

    private static readonly ProcessorArchitecture[] Preferred = [ProcessorArchitecture.X64, ProcessorArchitecture.X86, ProcessorArchitecture.Arm64];

    /// <summary>Opens the build that a user named.</summary>
    /// <exception cref="InputException">Nothing is known of it; the message names the nearest builds that are known.</exception>
    public static Target Open(string text, KnownBuildName name, KnowledgeBase knowledge)
    {
        if (name.Pdb is { } pdb)
        {
            return knowledge.FindKernel(pdb) is { } kernel
                ? OfKernel(text, kernel)
                : throw new InputException(text, "no kernel with these symbols is known; open its image instead");
        }

        var version = name.Version!.Value;
        if (name.Architecture is ProcessorArchitecture.Unknown or ProcessorArchitecture.X64 && name.HasRevision && knowledge.FindKernel(version) is { } exact)
        {
            return OfKernel(text, exact);
        }

        foreach (var architecture in Preferred)
        {
            if ((name.Architecture == architecture || name.Architecture == ProcessorArchitecture.Unknown)
                && knowledge.PublishedTables.ForBuild(architecture, ServiceTableKind.Nt, version.Build) is not null)
            {
                return OfBuild(text, version, architecture, knowledge);
            }
        }

        throw new InputException(text, $"no such build is known; the nearest are {string.Join(", ", Nearest(version, knowledge))}");
    }

    private static Target OfKernel(string text, KnownKernel kernel) => new()
    {
        Kind = TargetKind.KnownBuild,
        Summary = new TargetSummary(text, "known-build", NameOf(kernel.Architecture), kernel.Version.ToString(), kernel.Pdb.ToString()),
        Architecture = kernel.Architecture,
        Memory = new ImageMemory([], PointerSizeOf(kernel.Architecture)),
        Modules =
        [
            new Module { Name = "nt", Path = KernelFile, Size = 0, Pdb = kernel.Pdb, Version = kernel.Version, Symbols = kernel.Symbols },
        ],
        Types = kernel.Types,
    };

    private static Target OfBuild(string text, FileVersion version, ProcessorArchitecture architecture, KnowledgeBase knowledge) => new()
    {
        Kind = TargetKind.KnownBuild,
        Summary = new TargetSummary(text, "known-build", NameOf(architecture), version.ToString(), null),
        Architecture = architecture,
        Memory = new ImageMemory([], PointerSizeOf(architecture)),
        Modules = [new Module { Name = "nt", Path = KernelFile, Size = 0, Version = version }],
        Types = knowledge.NearestTypes(version, architecture),
    };

    private static string NameOf(ProcessorArchitecture architecture) => architecture.ToString().ToLowerInvariant();

    private static int PointerSizeOf(ProcessorArchitecture architecture) => architecture == ProcessorArchitecture.X86 ? sizeof(uint) : sizeof(ulong);

    private static IEnumerable<string> Nearest(FileVersion version, KnowledgeBase knowledge) => knowledge.Kernels
        .Where(kernel => kernel.HasServices)
        .OrderBy(kernel => (Math.Abs(kernel.Version.Build - version.Build), Math.Abs(kernel.Version.Revision - version.Revision)))
        .Take(3)
        .Select(kernel => kernel.Version.ToString());
}
