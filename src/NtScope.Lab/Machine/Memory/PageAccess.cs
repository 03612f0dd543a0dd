namespace NtScope.Lab.Machine.Memory;

/// <summary>What the processor allows on a page. Every mapped page may be read.</summary>
[Flags]
public enum PageAccess
{
    /// <summary>Read only, by the kernel only.</summary>
    Read = 0,

    /// <summary>Writable.</summary>
    Write = 1,

    /// <summary>Executable.</summary>
    Execute = 2,

    /// <summary>Reachable from user mode.</summary>
    User = 4,
}
