namespace NtScope.Captures;

/// <summary>A run of physical memory and where it is stored.</summary>
/// <param name="Start">The first physical address.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Offset">Where the bytes are in the medium.</param>
internal readonly record struct FileRun(ulong Start, ulong Length, long Offset)
{
    public ulong End => Start + Length;
}
