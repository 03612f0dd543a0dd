namespace NtScope.Lab.Executive;

/// <summary>Where the stand-in of the kernel image lies: traps and variables that drivers import.</summary>
internal static class KernelImage
{
    /// <summary>The base address.</summary>
    public const ulong Base = 0xFFFF_F800_1000_0000;

    /// <summary>The bytes that belong to it.</summary>
    public const uint Size = 0x40_0000;
}
