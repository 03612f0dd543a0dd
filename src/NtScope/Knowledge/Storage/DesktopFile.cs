namespace NtScope.Knowledge.Storage;

/// <summary><c>desktops.bin</c>: win32k's session structures and the COM identifiers of virtual desktops.</summary>
internal static class DesktopFile
{
    /// <summary>Section: the pool of names.</summary>
    public const int Names = 0;

    /// <summary>
    /// Section, packed: a count of builds; of each its number and count of structures; of each its name and count of fields; of each its name
    /// and twice its offset, plus one if it needs validating.
    /// </summary>
    public const int Layouts = 1;

    /// <summary>
    /// Section, packed: a count of sets; of each build, revision and count of identifiers; of each its name and GUID. The first set, of
    /// build 0, holds the classes, the others the interfaces.
    /// </summary>
    public const int Identifiers = 2;

    /// <summary>How many sections the file has.</summary>
    public const int SectionCount = 3;
}
