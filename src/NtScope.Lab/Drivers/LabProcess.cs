using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Drivers;

/// <summary>A process of the machine: an object with an identifier, a path and a first thread. Its code is not executed.</summary>
public sealed class LabProcess
{
    private readonly LabKernel _kernel;

    internal LabProcess(LabKernel kernel, uint id, uint parentId, string path, string commandLine, KernelObject item, KernelObject thread, uint threadId)
    {
        _kernel = kernel;
        Id = id;
        ParentId = parentId;
        Path = path;
        CommandLine = commandLine;
        Object = item;
        Thread = thread;
        ThreadId = threadId;
    }

    /// <summary>The process identifier.</summary>
    public uint Id { get; }

    /// <summary>The identifier of the process that started it.</summary>
    public uint ParentId { get; }

    /// <summary>The image's path (<c>C:\Windows\notepad.exe</c>).</summary>
    public string Path { get; }

    /// <summary>The command line.</summary>
    public string CommandLine { get; }

    /// <summary>The identifier of its first thread.</summary>
    public uint ThreadId { get; }

    /// <summary>The address of its EPROCESS.</summary>
    public VirtualAddress Address => new(Object.Address);

    /// <summary>The bytes of nonpaged pool that it is charged for.</summary>
    public ulong NonPagedPoolQuota => _kernel.Pool.Quota.UsageOf(Object.Address, PoolKind.NonPaged);

    /// <summary>The bytes of paged pool that it is charged for.</summary>
    public ulong PagedPoolQuota => _kernel.Pool.Quota.UsageOf(Object.Address, PoolKind.Paged);

    /// <summary>Whether it has not ended.</summary>
    public bool IsAlive { get; internal set; } = true;

    /// <summary>Its exit status, once it has ended.</summary>
    public NtStatus ExitStatus { get; internal set; } = NtStatus.Pending;

    internal KernelObject Object { get; }

    internal KernelObject Thread { get; }

    internal Dictionary<uint, KernelObject> ExtraThreads { get; } = [];

    /// <summary>Opens the process as another does: object callbacks may take rights away.</summary>
    /// <param name="access">The desired access, PROCESS_TERMINATE is 1.</param>
    /// <param name="by">Who opens it; null for the machine's client.</param>
    /// <param name="granted">What is granted.</param>
    public NtStatus Open(uint access, LabProcess? by, out uint granted) => _kernel.Processes.Open(this, access, by, out granted);

    /// <summary>Opens one of its threads as another process does: object callbacks may take rights away.</summary>
    /// <param name="id">The thread's identifier: <see cref="ThreadId"/> or what <see cref="StartThread"/> returned.</param>
    /// <param name="access">The desired access, THREAD_TERMINATE is 1.</param>
    /// <param name="by">Who opens it; null for the machine's client.</param>
    /// <param name="granted">What is granted.</param>
    public NtStatus OpenThread(uint id, uint access, LabProcess? by, out uint granted)
    {
        granted = 0;
        return id == ThreadId || ExtraThreads.ContainsKey(id) ? _kernel.Processes.OpenThread(id, access, by, out granted) : NtStatus.InvalidCid;
    }

    /// <summary>Duplicates a handle to the process, as DuplicateHandle does: object callbacks may take rights away.</summary>
    /// <param name="access">The desired access.</param>
    /// <param name="from">Whose handle is duplicated; null for the machine's client.</param>
    /// <param name="to">Who gets the new one; null for the machine's client.</param>
    /// <param name="granted">What is granted.</param>
    public NtStatus Duplicate(uint access, LabProcess? from, LabProcess? to, out uint granted) => _kernel.Processes.Duplicate(this, access, from, to, out granted);

    /// <summary>Ends the process as another does: it is opened with PROCESS_TERMINATE first.</summary>
    /// <param name="by">Who ends it; null for the machine's client.</param>
    /// <param name="exitStatus">The exit status.</param>
    /// <returns>AccessDenied if an object callback takes PROCESS_TERMINATE away.</returns>
    public NtStatus Terminate(LabProcess? by = null, NtStatus exitStatus = NtStatus.Success)
    {
        const uint ProcessTerminate = 1;
        var status = Open(ProcessTerminate, by, out var granted);
        if (status != NtStatus.Success)
        {
            return status;
        }

        if ((granted & ProcessTerminate) == 0)
        {
            return NtStatus.AccessDenied;
        }

        _kernel.Processes.End(this, exitStatus);
        return NtStatus.Success;
    }

    /// <summary>Ends the process by itself, as a return from main does.</summary>
    public void Exit(NtStatus exitStatus = NtStatus.Success) => _kernel.Processes.End(this, exitStatus);

    /// <summary>Starts a further thread.</summary>
    /// <returns>Its identifier.</returns>
    public uint StartThread() => _kernel.Processes.StartUserThread(this);

    /// <summary>Ends a thread that <see cref="StartThread"/> started.</summary>
    public void EndThread(uint id) => _kernel.Processes.EndUserThread(this, id);

    /// <summary>Maps an image into the process: image-load routines are told.</summary>
    /// <param name="path">The image's path.</param>
    public void LoadImage(string path) => _kernel.Processes.LoadImage(this, path);

    /// <inheritdoc/>
    public override string ToString() => $"{System.IO.Path.GetFileName(Path.Replace('\\', '/'))} ({Id})";
}
