using NtScope.Knowledge;

namespace NtScope.Syscalls;

/// <summary>Arguments on the stack as a declaration lets expect them.</summary>
internal static class ArgumentCount
{
    private const int RegistersX64 = 4;
    private const int RegistersArm64 = 8;

    /// <summary>Values of 64 bits, which take two places on the stack of x86.</summary>
    private static readonly HashSet<string> WideTypes = new(StringComparer.Ordinal)
    {
        "LARGE_INTEGER", "ULARGE_INTEGER", "LONGLONG", "ULONGLONG", "LONG64", "ULONG64", "INT64", "UINT64", "DWORD64", "DWORDLONG", "LUID", "PVOID64",
    };

    /// <summary>The stack arguments that a service of this declaration has.</summary>
    public static int OnStack(Prototype prototype, ProcessorArchitecture architecture) => architecture switch
    {
        ProcessorArchitecture.X86 => prototype.Parameters.Sum(parameter => WideTypes.Contains(parameter.Type) ? 2 : 1),
        ProcessorArchitecture.Arm64 => Math.Max(0, prototype.Parameters.Count - RegistersArm64),
        _ => Math.Max(0, prototype.Parameters.Count - RegistersX64),
    };

    /// <summary>Whether a declaration and a count from an image cannot both be right.</summary>
    public static bool Contradicts(Prototype prototype, int stackArguments, ProcessorArchitecture architecture, out string detail)
    {
        var expected = OnStack(prototype, architecture);
        detail = $"the table counts {stackArguments} stack arguments, the declaration of {prototype.Parameters.Count} parameters lets expect {expected}";
        return expected != stackArguments;
    }
}
