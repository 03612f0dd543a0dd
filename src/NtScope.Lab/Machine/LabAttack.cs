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

    /// <summary>In the user's session an entry of win32k's service table leads to memory outside every module; other sessions keep theirs.</summary>
    RedirectedWin32kEntry,

    /// <summary>In the user's session the first bytes of a service routine of win32k are a jump to memory outside every module.</summary>
    HookedWin32kRoutine,

    /// <summary>The service descriptor points at a copy of win32k's table that every session maps.</summary>
    RelocatedWin32kTable,

    /// <summary>An entry of the nt service table leads to another routine of the kernel than its own.</summary>
    MisdirectedEntry,

    /// <summary>The number of services that stands behind the nt service table is changed.</summary>
    ChangedServiceLimit,

    /// <summary>The count of a service's stack arguments is changed in its entry.</summary>
    ChangedEntryArguments,

    /// <summary>One process has a system call stub of win32u that jumps away.</summary>
    PatchedWin32uStub,

    /// <summary>An entry of a driver's dispatch table leads outside every module.</summary>
    ForeignDispatch,

    /// <summary>A device says that it belongs to a copy of its driver object.</summary>
    ForeignDevice,

    /// <summary>Routines outside every module in the other lists of callbacks: thread, image, registry, object, bug check, logon session.</summary>
    ForeignRegistrations,
}
