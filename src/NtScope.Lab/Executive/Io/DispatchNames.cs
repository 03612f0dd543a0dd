namespace NtScope.Lab.Executive.Io;

/// <summary>Names of dispatch routines in messages.</summary>
internal static class DispatchNames
{
    private static readonly string[] Names = Enumerable.Range(0, 28).Select(code => $"the {(MajorFunction)code} dispatch routine").ToArray();

    /// <summary>How many IRP_MJ codes have one.</summary>
    public static int Count => Names.Length;

    /// <summary>The name for an IRP_MJ code.</summary>
    public static string Of(byte major) => major < Names.Length ? Names[major] : $"dispatch routine {major}";
}
