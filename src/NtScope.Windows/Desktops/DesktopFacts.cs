using NtScope.Desktops;
using NtScope.Desktops.Security;

namespace NtScope.Windows.Desktops;

/// <summary>What a desktop shows; each part may have failed by itself.</summary>
internal sealed record DesktopFacts
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether its station lists it; if not, its name was guessed and opening it showed that it is there.</summary>
    public bool IsListed { get; init; } = true;

    /// <summary>Why it could not be opened at all; 0 if it could.</summary>
    public int OpenError { get; init; }

    /// <summary>The rights that were asked for and refused.</summary>
    public IReadOnlyList<AccessRight> MissingRights { get; init; } = [];

    /// <summary>Whether it receives input.</summary>
    public Outcome<bool> Input { get; init; } = Outcome<bool>.Failed(ErrorText.AccessDenied);

    /// <summary>USEROBJECTFLAGS.dwFlags.</summary>
    public Outcome<uint> Flags { get; init; } = Outcome<uint>.Failed(ErrorText.AccessDenied);

    /// <summary>UOI_HEAPSIZE, in KiB.</summary>
    public Outcome<uint> HeapKilobytes { get; init; } = Outcome<uint>.Failed(ErrorText.AccessDenied);

    /// <summary>UOI_USER_SID as text; null if no user is associated.</summary>
    public Outcome<string?> User { get; init; } = Outcome<string?>.Failed(ErrorText.AccessDenied);

    /// <summary>The self-relative security descriptor.</summary>
    public Outcome<byte[]> SecurityDescriptor { get; init; } = Outcome<byte[]>.Failed(ErrorText.AccessDenied);

    /// <summary>Its top-level windows, topmost first.</summary>
    public Outcome<IReadOnlyList<DesktopWindow>> Windows { get; init; } = Outcome<IReadOnlyList<DesktopWindow>>.Failed(ErrorText.AccessDenied);
}
