namespace NtScope.Images;

/// <summary>The entries of the optional header's data directory that NtScope reads, by their index there.</summary>
internal enum ImageDirectory
{
    Export = 0,
    Import = 1,
    Resource = 2,
    Exception = 3,
    BaseRelocation = 5,
    Debug = 6,
    LoadConfiguration = 10,
    DelayImport = 13,
}
