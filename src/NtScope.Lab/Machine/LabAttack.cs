namespace NtScope.Lab.Machine;

/// <summary>Something that malware does to a kernel, planted to be found.</summary>
public enum LabAttack
{
    /// <summary>An entry of the nt service table leads to memory outside every module.</summary>
    RedirectedEntry,

    /// <summary>Two entries of the nt service table are exchanged.</summary>
    SwappedEntries,

    /// <summary>The first bytes of a service routine are a jump to memory outside every module.</summary>
    InlineHook,

    /// <summary>The service descriptor points at a copy of the table.</summary>
    RelocatedTable,

    /// <summary>A running process is taken out of the list of processes.</summary>
    UnlinkedProcess,

    /// <summary>A desktop with a process of its own that no user sees.</summary>
    HiddenDesktop,

    /// <summary>A process notify routine lies outside every module.</summary>
    ForeignCallback,

    /// <summary>A service descriptor allows more services than there are.</summary>
    ChangedLimit,

    /// <summary>The count of a service's stack arguments is changed where its bytes stand.</summary>
    ChangedArguments,

    /// <summary>One process has a system call stub of ntdll that jumps away.</summary>
    PatchedStub,

    /// <summary>A thread is taken out of the lists of its process.</summary>
    UnlinkedThread,

    /// <summary>A driver object is taken out of the object namespace.</summary>
    UnlinkedDriver,

    /// <summary>A driver's image is taken out of the list of loaded modules.</summary>
    UnlinkedModule,

    /// <summary>A callback node of a minifilter leads outside every module.</summary>
    ForeignFilter,

    /// <summary>Names that would steer a terminal: a process's and an event's.</summary>
    HostileName,
}
