namespace NtScope.Lab.Executive.Filters;

/// <summary>FILE_INFORMATION_CLASS (wdm.h).</summary>
internal enum FileInformationClass
{
    Basic = 4,
    Standard = 5,
    Name = 9,
    Rename = 10,
    Disposition = 13,
    Position = 14,
    Allocation = 19,
    EndOfFile = 20,
    DispositionEx = 64,
    RenameEx = 65,
}
