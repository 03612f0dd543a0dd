namespace NtScope.Kernel.Processes;

/// <summary>What can show a process or a thread.</summary>
public static class SightingSources
{
    /// <summary>The kernel's list: nt!PsActiveProcessHead, or _EPROCESS.ThreadListHead.</summary>
    public const string List = "list";

    /// <summary>The table of process and thread IDs, nt!PspCidTable.</summary>
    public const string Handles = "handles";

    /// <summary>A pool allocation with the tag of such objects.</summary>
    public const string Pool = "pool";

    /// <summary>A thread that runs in the process.</summary>
    public const string Threads = "threads";
}
