namespace NtScope.Syscalls;

/// <summary>A service table of the kernel or of win32k, as it stands in an image.</summary>
public sealed class ServiceTable
{
    /// <summary>Which table.</summary>
    public required ServiceTableKind Kind { get; init; }

    /// <summary>Whether it is the second set of win32k (<c>W32pServiceTableFilter</c>) that serves processes under a system call filter.</summary>
    public bool IsFilter { get; init; }

    /// <summary>Where it is, in bytes from the image's base.</summary>
    public required uint Rva { get; init; }

    /// <summary>The size of an entry in the image, in bytes: 4 or 8.</summary>
    public required int EntrySize { get; init; }

    /// <summary>Where the number of services stands.</summary>
    public uint? LimitRva { get; init; }

    /// <summary>Where the bytes stand that count arguments.</summary>
    public uint? ArgumentTableRva { get; init; }

    /// <summary>The entries by index.</summary>
    public required IReadOnlyList<ServiceSlot> Slots { get; init; }

    /// <summary>What the table was found by and checked against; sentences without a full stop.</summary>
    public required IReadOnlyList<string> Evidence { get; init; }
}
