namespace NtScope.Kernel.Processes;

/// <summary>What can show a process, a thread, a driver or a module.</summary>
public static class SightingSources
{
    /// <summary>The kernel's list: nt!PsActiveProcessHead, _EPROCESS.ThreadListHead or nt!PsLoadedModuleList.</summary>
    public const string List = "list";

    /// <summary>The table of process and thread IDs, nt!PspCidTable.</summary>
    public const string Handles = "handles";

    /// <summary>A pool allocation with the tag of such objects.</summary>
    public const string Pool = "pool";

    /// <summary>A thread that runs in the process.</summary>
    public const string Threads = "threads";

    /// <summary>The object namespace.</summary>
    public const string Namespace = "namespace";

    /// <summary>A device that names it as its driver.</summary>
    public const string Devices = "devices";

    /// <summary>A driver object that names it as its image.</summary>
    public const string Drivers = "drivers";

    /// <summary>The headers of an image in memory.</summary>
    public const string Headers = "headers";
}
