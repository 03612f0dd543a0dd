namespace NtScope.Lab.Executive.Processes;

/// <summary>Offsets of EPROCESS and ETHREAD in 10.0.19041, x64 (its PDB).</summary>
internal static class ProcessLayout
{
    public const ulong ProcessBytes = 0xA40;
    public const ulong UniqueProcessId = 0x440;
    public const ulong ActiveProcessLinks = 0x448;
    public const ulong InheritedFromUniqueProcessId = 0x540;
    public const ulong Peb = 0x550;
    public const ulong ImageFileName = 0x5A8;
    public const ulong ExitStatus = 0x7D4;
    public const ulong ThreadBytes = 0x898;
    public const ulong ThreadApcStateProcess = 0xB8;
    public const ulong ThreadProcess = 0x220;
    public const ulong ThreadPreviousMode = 0x232;
    public const ulong ThreadStartAddress = 0x450;
    public const ulong ThreadUniqueProcess = 0x478;
    public const ulong ThreadUniqueThread = 0x480;
}
