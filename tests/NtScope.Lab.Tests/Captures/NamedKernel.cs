using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Machine.Kernel;

namespace NtScope.Lab.Tests.Captures;

/// <summary>Kernels as tests name them: <c>10.0.18362.476</c>, <c>5.1.2600.5512-x86</c>.</summary>
internal static class NamedKernel
{
    private const string NarrowSuffix = "-x86";

    /// <summary>Whether a name is that of an x86 kernel.</summary>
    public static bool IsNarrow(string name) => name.EndsWith(NarrowSuffix, StringComparison.Ordinal);

    /// <summary>The kernel of a name.</summary>
    public static LabKernel Find(string name)
    {
        FileVersion.TryParse(IsNarrow(name) ? name[..^NarrowSuffix.Length] : name, out var version).ShouldBeTrue();
        return IsNarrow(name) ? LabKernel.Narrow(version) : KnowledgeBase.Embedded.FindKernel(version)!;
    }
}
