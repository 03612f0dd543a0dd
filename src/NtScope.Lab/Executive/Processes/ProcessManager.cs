using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Processes, their threads, and the routines that drivers have told of them.</summary>
internal sealed class ProcessManager(LabKernel kernel)
{
    /// <summary>Processes that have not ended, by identifier.</summary>
    private readonly Dictionary<uint, LabProcess> _processes = [];
    private readonly Dictionary<uint, KernelObject> _threads = [];
    private uint _nextId = 4;

    /// <summary>Process, thread and image routines.</summary>
    public NotifyRoutines Notify { get; } = new(kernel);

    /// <summary>Object callbacks.</summary>
    public ObjectCallbacks Callbacks { get; } = new(kernel);

    /// <summary>Processes that have not ended.</summary>
    public IReadOnlyCollection<LabProcess> All => _processes.Values;

    /// <summary>The System process.</summary>
    public LabProcess SystemProcess { get; private set; } = null!;

    /// <summary>The process that the machine's user acts in.</summary>
    public LabProcess Client { get; private set; } = null!;

    /// <summary>Makes the System process, the client and the thread that the machine's user acts on.</summary>
    public void Start()
    {
        SystemProcess = Create("System", string.Empty, 0);
        _nextId = 0x400;
        Client = Create(@"C:\Program Files\NtScope\client.exe", "client.exe", SystemProcess.Id);
        kernel.Variables.Add("PsInitialSystemProcess", SystemProcess.Object.Address);
        var thread = kernel.Threads.Create(Client.Thread.Address, Client.Object.Address, Client.ThreadId);
        kernel.Threads.Adopt(thread);
    }

    /// <summary>Finds a process.</summary>
    public LabProcess? Find(uint id) => _processes.GetValueOrDefault(id);

    /// <summary>Finds a thread's object.</summary>
    public KernelObject? FindThread(uint id) => _threads.GetValueOrDefault(id);

    /// <summary>Starts a process and tells the drivers.</summary>
    /// <returns>The process; if a driver denied it, it has ended with the driver's status.</returns>
    public LabProcess StartProcess(string path, string commandLine, LabProcess parent)
    {
        var process = Create(path, commandLine, parent.Id);
        using var scope = RunAs(parent);
        var status = Notify.ProcessCreated(process);
        if (status is not NtStatus.Success)
        {
            Remove(process, status);
            return process;
        }

        Notify.ThreadChanged(process.Id, process.ThreadId, created: true);
        if (Notify.HasImageRoutines)
        {
            using var inside = RunAs(process);
            Notify.ImageLoaded(@"\Device\HarddiskVolume1" + path[2..], process.Id, 0x7FF6_0000_0000, 0x20000, isSystem: false);
            Notify.ImageLoaded(@"\Device\HarddiskVolume1\Windows\System32\ntdll.dll", process.Id, 0x7FFE_0000_0000, 0x1F8000, isSystem: false);
        }

        return process;
    }

    /// <summary>Maps an image into a process.</summary>
    public void LoadImage(LabProcess process, string path)
    {
        kernel.EnsureRunning();
        using var scope = RunAs(process);
        Notify.ImageLoaded(@"\Device\HarddiskVolume1" + (path.Length > 2 ? path[2..] : path), process.Id, 0x7FFD_0000_0000, 0x10000, isSystem: false);
        kernel.Threads.Settle();
    }

    /// <summary>Ends a process and tells the drivers.</summary>
    public void End(LabProcess process, NtStatus status)
    {
        kernel.EnsureRunning();
        if (!process.IsAlive)
        {
            return;
        }

        process.IsAlive = false;
        process.ExitStatus = status;
        kernel.Memory.WriteUInt32(process.Object.Address + ProcessLayout.ExitStatus, (uint)status);
        using (RunAs(process))
        {
            foreach (var thread in process.ExtraThreads.Keys.ToArray())
            {
                Notify.ThreadChanged(process.Id, thread, created: false);
                RemoveThread(thread, process.ExtraThreads[thread]);
            }

            process.ExtraThreads.Clear();
            Notify.ThreadChanged(process.Id, process.ThreadId, created: false);
            Notify.ProcessEnded(process);
        }

        Remove(process, status);
        kernel.Threads.Settle();
    }

    /// <summary>Opens a process: object callbacks decide what is granted.</summary>
    public NtStatus Open(LabProcess target, uint access, LabProcess? by, out uint granted)
    {
        kernel.EnsureRunning();
        using var scope = RunAs(by ?? Client);
        granted = Callbacks.Open(target.Object, access, isKernelHandle: false);
        kernel.Threads.Settle();
        return target.IsAlive ? NtStatus.Success : NtStatus.ProcessIsTerminating;
    }

    /// <summary>Starts a thread whose code is not executed.</summary>
    public uint StartUserThread(LabProcess process)
    {
        kernel.EnsureRunning();
        var id = NextId();
        process.ExtraThreads.Add(id, CreateThread(process.Object.Address, process.Id, id));
        using var scope = RunAs(process);
        Notify.ThreadChanged(process.Id, id, created: true);
        kernel.Threads.Settle();
        return id;
    }

    /// <summary>Ends such a thread.</summary>
    public void EndUserThread(LabProcess process, uint id)
    {
        kernel.EnsureRunning();
        if (process.ExtraThreads.Remove(id, out var thread))
        {
            using var scope = RunAs(process);
            Notify.ThreadChanged(process.Id, id, created: false);
            RemoveThread(id, thread);
            kernel.Threads.Settle();
        }
    }

    /// <summary>Makes a thread that runs a driver's routine.</summary>
    public KernelThread CreateSystemThread(LabProcess process, Action body, out KernelObject item)
    {
        var id = NextId();
        item = CreateThread(process.Object.Address, process.Id, id);
        var thread = kernel.Threads.Create(item.Address, process.Object.Address, id);
        item.State = thread;
        Notify.ThreadChanged(process.Id, id, created: true);
        kernel.Threads.Start(thread, body);
        return thread;
    }

    /// <summary>Signals that a thread has ended.</summary>
    public void ThreadEnded(KernelThread thread)
    {
        if (_threads.Remove(thread.Id, out var item))
        {
            kernel.Dispatcher.Signal(item.Address, 1);
            kernel.Objects.Dereference(item);
        }
    }

    /// <summary>Lets the current thread act as one of a process until the scope ends.</summary>
    public ProcessScope RunAs(LabProcess process) => new(kernel, process);

    private uint NextId()
    {
        var id = _nextId;
        _nextId += 4;
        return id;
    }

    private LabProcess Create(string path, string commandLine, uint parent)
    {
        var id = NextId();
        var item = kernel.Objects.Create(ObjectKind.Process, ProcessLayout.ProcessBytes, "Proc");
        var memory = kernel.Memory;
        var address = item.Address;
        memory.WriteByte(address, (byte)DispatcherObject.Process);
        memory.WriteUInt64(address + ProcessLayout.UniqueProcessId, id);
        memory.WriteUInt64(address + ProcessLayout.InheritedFromUniqueProcessId, parent);
        memory.WriteUInt32(address + ProcessLayout.ExitStatus, (uint)NtStatus.Pending);
        var name = path[(path.LastIndexOf('\\') + 1)..];
        memory.Write(address + ProcessLayout.ImageFileName, Encoding.Latin1.GetBytes(name.Length > 14 ? name[..14] : name));
        var threadId = NextId();
        var thread = CreateThread(address, id, threadId);
        var process = new LabProcess(kernel, id, parent, path, commandLine, item, thread, threadId);
        item.State = process;
        _processes.Add(id, process);
        return process;
    }

    private KernelObject CreateThread(ulong process, uint processId, uint id)
    {
        var item = kernel.Objects.Create(ObjectKind.Thread, ProcessLayout.ThreadBytes, "Thre");
        var memory = kernel.Memory;
        memory.WriteByte(item.Address, (byte)DispatcherObject.Thread);
        memory.WriteUInt64(item.Address + ProcessLayout.ThreadApcStateProcess, process);
        memory.WriteUInt64(item.Address + ProcessLayout.ThreadProcess, process);
        memory.WriteUInt64(item.Address + ProcessLayout.ThreadUniqueProcess, processId);
        memory.WriteUInt64(item.Address + ProcessLayout.ThreadUniqueThread, id);
        _threads.Add(id, item);
        return item;
    }

    private void Remove(LabProcess process, NtStatus status)
    {
        process.IsAlive = false;
        process.ExitStatus = status;
        _processes.Remove(process.Id);
        kernel.Dispatcher.Signal(process.Object.Address, 1);
        RemoveThread(process.ThreadId, process.Thread);
        kernel.Objects.Dereference(process.Object);
    }

    private void RemoveThread(uint id, KernelObject thread)
    {
        _threads.Remove(id);
        kernel.Dispatcher.Signal(thread.Address, 1);
        kernel.Objects.Dereference(thread);
    }
}
