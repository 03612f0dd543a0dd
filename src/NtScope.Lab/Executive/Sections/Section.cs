using NtScope.Lab.Executive.Filters;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Sections;

/// <summary>Memory that may be mapped at several addresses, backed by the paging file or by a file.</summary>
internal sealed class Section(GuestRegion region, ulong size, OpenFile? file)
{
    /// <summary>The memory itself, which drivers do not see.</summary>
    public GuestRegion Region { get; } = region;

    /// <summary>The bytes that were asked for.</summary>
    public ulong Size { get; } = size;

    /// <summary>The file that backs it; null for the paging file.</summary>
    public OpenFile? File { get; } = file;

    /// <summary>What the file held when it was last read or written.</summary>
    public byte[] Stored { get; set; } = [];
}
