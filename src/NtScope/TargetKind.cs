namespace NtScope;

/// <summary>Where a target comes from.</summary>
public enum TargetKind
{
    /// <summary>One image file or several.</summary>
    Image,

    /// <summary>A folder of image files.</summary>
    Folder,

    /// <summary>Embedded knowledge of a real build; there is no memory to read.</summary>
    KnownBuild,

    /// <summary>A crash dump or memory capture.</summary>
    Capture,

    /// <summary>The running Windows.</summary>
    Live,

    /// <summary>The simulated machine.</summary>
    Lab,

    /// <summary>The user half of one process, live or captured.</summary>
    Process,
}
