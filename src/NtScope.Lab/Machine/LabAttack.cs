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
}
