namespace NtScope.Lab.FileSystem;

/// <summary>What to do whether or not a file is there (FILE_SUPERSEDE and so on, wdm.h).</summary>
internal enum CreateDisposition
{
    Supersede = 0,
    Open = 1,
    Create = 2,
    OpenIf = 3,
    Overwrite = 4,
    OverwriteIf = 5,
}
