namespace NtScope.Lab.Executive.Filters;

/// <summary>FILE_INFORMATION_CLASS (wdm.h).</summary>
internal enum FileInformationClass
{
    Directory = 1,
    FullDirectory = 2,
    BothDirectory = 3,
    Basic = 4,
    Standard = 5,
    Internal = 6,
    Name = 9,
    Rename = 10,
    Disposition = 13,
    Names = 12,
    Position = 14,
    Allocation = 19,
    EndOfFile = 20,
    Stream = 22,
    NetworkOpen = 34,
    AttributeTag = 35,
    IdBothDirectory = 37,
    IdFullDirectory = 38,
    DispositionEx = 64,
    RenameEx = 65,
}
