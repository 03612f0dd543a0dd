namespace NtScope.Syscalls.Verification;

/// <summary>What is wrong with a service table, a routine or a stub.</summary>
public enum VerificationKind
{
    /// <summary>An entry leads out of the module that owns the table.</summary>
    EntryOutsideModule,

    /// <summary>An entry leads into the module, but not to the routine of its index.</summary>
    EntryRedirected,

    /// <summary>Two entries have each other's routine.</summary>
    EntriesSwapped,

    /// <summary>A routine's first instructions were changed, or lead out of the module.</summary>
    InlineHook,

    /// <summary>A descriptor points at another table.</summary>
    TableRelocated,

    /// <summary>The number of services was changed.</summary>
    LimitChanged,

    /// <summary>The number of arguments of a service was changed.</summary>
    ArgumentsChanged,

    /// <summary>A system call stub of a process was changed.</summary>
    StubPatched,
}
