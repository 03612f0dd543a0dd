using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Threads;
using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Processes, their threads, and the routines that drivers have told of them.</summary>
internal sealed class ProcessManager(LabKernel kernel)
{
    private const uint SystemId = 4;
    private const string SessionManager = "smss.exe";

    /// <summary>Processes that have not ended, by identifier.</summary>
    private readonly Dictionary<uint, LabProcess> _processes = [];
    private readonly Dictionary<uint, KernelObject> _threads = [];

    /// <summary>Where the kernel's structures have what the executive reads and writes.</summary>
    public ProcessLayout Layout { get; } = new(kernel.Machine.Types);

    /// <summary>Writes processes and threads.</summary>
    private readonly ProcessObjects _memory = new(kernel);

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
        foreach (var process in kernel.Windows.Processes.Processes)
        {
            Adopt(process);
        }

        SystemProcess = _processes[SystemId];
        _memory.TakeTemplates(kernel.Windows.Processes.Processes[^1]);
        Client = Create(@"C:\Program Files\NtScope\client.exe", "client.exe", SystemProcess.Id);
        var thread = kernel.Threads.Create(Client.Thread.Address, Client.Object.Address, Client.ThreadId);
        kernel.Threads.Adopt(thread);

        // A driver may end the client; the machine's user goes on acting on its thread.
        kernel.Objects.Reference(Client.Object);
        kernel.Objects.Reference(Client.Thread);
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

        Notify.ThreadChanged(process, process.Thread, process.ThreadId, created: true);
        if (Notify.HasImageRoutines)
        {
            using var inside = RunAs(process);
            Notify.ImageLoaded(DevicePath(path), process.Id, 0x7FF6_0000_0000, 0x20000, isSystem: false);
            Notify.ImageLoaded(@"\Device\HarddiskVolume1\Windows\System32\ntdll.dll", process.Id, 0x7FFE_0000_0000, 0x1F8000, isSystem: false);
        }

        return process;
    }

    /// <summary>Maps an image into a process.</summary>
    public void LoadImage(LabProcess process, string path)
    {
        kernel.EnsureRunning();
        using var scope = RunAs(process);
        Notify.ImageLoaded(DevicePath(path), process.Id, 0x7FFD_0000_0000, 0x10000, isSystem: false);
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

        if (process == SystemProcess || process.ParentId == SystemId && NameOf(process.Path) == SessionManager)
        {
            throw kernel.BugCheck(
                BugCheckCode.CriticalProcessDied, [process.Object.Address, 0, 0, 0], $"{NameOf(process.Path)} ({process.Id}) ends; Windows does not go on without it");
        }

        process.IsAlive = false;
        process.ExitStatus = status;
        kernel.Memory.WriteUInt32(process.Object.Address + Layout.ExitStatus, (uint)status);
        using (RunAs(process))
        {
            foreach (var thread in process.ExtraThreads.Keys.ToArray())
            {
                Notify.ThreadChanged(process, process.ExtraThreads[thread], thread, created: false);
                RemoveThread(thread, process.ExtraThreads[thread]);
            }

            process.ExtraThreads.Clear();
            Notify.ThreadChanged(process, process.Thread, process.ThreadId, created: false);
            Notify.ProcessEnded(process);
            kernel.Requests.CancelAll(process.Object.Address);
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

    /// <summary>Opens a thread: object callbacks decide what is granted.</summary>
    public NtStatus OpenThread(uint id, uint access, LabProcess? by, out uint granted)
    {
        kernel.EnsureRunning();
        granted = 0;
        if (FindThread(id) is not { } thread)
        {
            return NtStatus.InvalidCid;
        }

        using var scope = RunAs(by ?? Client);
        granted = Callbacks.Open(thread, access, isKernelHandle: false);
        kernel.Threads.Settle();
        return NtStatus.Success;
    }

    /// <summary>Duplicates a handle to a process: object callbacks decide what is granted.</summary>
    public NtStatus Duplicate(LabProcess target, uint access, LabProcess? from, LabProcess? to, out uint granted)
    {
        kernel.EnsureRunning();
        var (source, receiver) = (from ?? Client, to ?? Client);
        using var scope = RunAs(source);
        granted = Callbacks.Duplicate(target.Object, access, isKernelHandle: false, source.Object.Address, receiver.Object.Address);
        kernel.Threads.Settle();
        return target.IsAlive ? NtStatus.Success : NtStatus.ProcessIsTerminating;
    }

    /// <summary>Starts a thread whose code is not executed.</summary>
    public uint StartUserThread(LabProcess process)
    {
        kernel.EnsureRunning();
        var id = _memory.TakeId();
        process.ExtraThreads.Add(id, CreateThread(process.Object.Address, process.Id, id));
        using var scope = RunAs(process);
        Notify.ThreadChanged(process, process.ExtraThreads[id], id, created: true);
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
            Notify.ThreadChanged(process, thread, id, created: false);
            RemoveThread(id, thread);
            kernel.Threads.Settle();
        }
    }

    /// <summary>Makes a system thread.</summary>
    /// <param name="process">Its process.</param>
    /// <param name="body">What it does.</param>
    /// <param name="item">Its object.</param>
    /// <param name="isWorker">Whether it is one of the executive's own for work items; drivers are not told of those, which a real kernel has from its start.</param>
    public KernelThread CreateSystemThread(LabProcess process, Action body, out KernelObject item, bool isWorker = false)
    {
        var id = _memory.TakeId();
        var created = CreateThread(process.Object.Address, process.Id, id);
        item = created;
        var thread = kernel.Threads.Create(created.Address, process.Object.Address, id);
        created.State = thread;
        if (!isWorker)
        {
            Notify.ThreadChanged(process, created, id, created: true);
        }

        kernel.Threads.Start(thread, () =>
        {
            try
            {
                body();
            }
            catch (ThreadEndException)
            {
                // The thread called PsTerminateSystemThread.
            }

            if (!isWorker)
            {
                Notify.ThreadChanged(process, created, id, created: false);
            }
        });
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
    public ProcessScope RunAs(LabProcess process) => new(kernel, process.Object, process.Thread, process.ThreadId);

    /// <summary>Whether a routine may watch or deny what processes do: the kernel takes such routines only from images that were linked with /integritycheck.</summary>
    public bool AcceptsCallback(ulong routine)
    {
        var driver = kernel.Drivers.At(routine);
        if (driver?.ForcesIntegrity(kernel.Memory) == true)
        {
            return true;
        }

        var what = driver is null ? $"0x{routine:x} lies in no image" : $"{driver.Name} was linked without /integritycheck";
        kernel.Verifier.Report(
            "integrity-check", $"{what}; routines are taken only from images with IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY: link with /integritycheck", kernel.Threads.Current.Trap.Caller?.Name);
        return false;
    }

    /// <summary>The processes as they are in memory, for who looks at it.</summary>
    public IEnumerable<MachineProcess> InMemory => _processes.Values.Select(process => new MachineProcess(
        process.Id, process.ParentId, NameOf(process.Path), null, process.Address, _memory.SpaceOf(process.Object.Address))
    {
        Threads = [.. process.ExtraThreads.Select(thread => (thread.Key, thread.Value)).Prepend((process.ThreadId, process.Thread))
            .Select(thread => new MachineThread(thread.Item1, new VirtualAddress(thread.Item2.Address), VirtualAddress.Zero))],
    });

    /// <summary>Shows where a thread's kernel stack is.</summary>
    public void ShowStack(KernelThread thread, ulong pointer) => _memory.SetStack(thread.Thread, thread.StackLimit, thread.StackBase, pointer);

    /// <summary>An image's path as the kernel names it: that of volume C: begins with its device.</summary>
    public static string DevicePath(string path) => path.Length > 2 && path[1] == ':' ? @"\Device\HarddiskVolume1" + path[2..] : path;

    private static string NameOf(string path) => path[(path.LastIndexOf('\\') + 1)..];

    private void Adopt(MachineProcess process)
    {
        var objects = process.Threads.Select(thread => (thread.Id, Item: kernel.Objects.Adopt(thread.Object.Value, ObjectKind.Thread))).ToList();
        var path = process.ParentId == 0 ? process.Name : $@"C:\Windows\System32\{process.Name}";
        var item = kernel.Objects.Adopt(process.Object.Value, ObjectKind.Process);
        _memory.Adopt(process);
        foreach (var (id, thread) in objects)
        {
            _threads.Add(id, thread);
            thread.Deleted = () => _memory.DeleteThread(thread.Address);
        }

        var adopted = new LabProcess(kernel, process.Id, process.ParentId, path, path, item, objects[0].Item, objects[0].Id);
        foreach (var (id, thread) in objects.Skip(1))
        {
            adopted.ExtraThreads.Add(id, thread);
        }

        item.State = adopted;
        item.Deleted = () => _memory.DeleteProcess(process.Object.Value);
        _processes.Add(process.Id, adopted);
    }

    private LabProcess Create(string path, string commandLine, uint parent)
    {
        var id = _memory.TakeId();
        var item = kernel.Objects.Create(ObjectKind.Process, Layout.ProcessBytes);
        _memory.WriteProcess(item.Address, id, parent, NameOf(path), path);
        item.Deleted = () => _memory.DeleteProcess(item.Address);
        var threadId = _memory.TakeId();
        var thread = CreateThread(item.Address, id, threadId);
        var process = new LabProcess(kernel, id, parent, path, commandLine, item, thread, threadId);
        item.State = process;
        _processes.Add(id, process);
        return process;
    }

    private KernelObject CreateThread(ulong process, uint processId, uint id)
    {
        var item = kernel.Objects.Create(ObjectKind.Thread, Layout.ThreadBytes);
        _memory.WriteThread(item.Address, process, processId, id);
        item.Deleted = () => _memory.DeleteThread(item.Address);
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
