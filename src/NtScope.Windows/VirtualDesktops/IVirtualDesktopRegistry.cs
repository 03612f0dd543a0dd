namespace NtScope.Windows.VirtualDesktops;

/// <summary>The registry values that the shell keeps of its virtual desktops; a seam, since Wine has none.</summary>
internal interface IVirtualDesktopRegistry
{
    /// <summary>The identifiers in order, 16 bytes each; null if there are none.</summary>
    byte[]? Ids { get; }

    /// <summary>The identifier of the one that is shown; null if unknown.</summary>
    byte[]? CurrentId { get; }

    /// <summary>The name of one; null if the user gave none.</summary>
    string? NameOf(Guid id);
}
