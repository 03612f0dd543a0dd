using System.Text;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Objects;

namespace NtScope.Lab.Machine.Processes;

/// <summary>Creates processes and threads and everything that finds them: lists, the table of identifiers, handles.</summary>
internal sealed class ProcessBuilder
{
    private const byte ProcessObject = 3;
    private const byte ThreadObject = 6;
    private const byte Waiting = 5;
    private const ulong KernelStackSize = 0x6000;
    private const ulong AllAccess = 0x001F_FFFF;
    private const ulong QueryLimited = 0x1000;
    private const ulong HighestUserAddress = 0x7FFF_FFFE_FFFF;
    private const ulong NarrowStackSize = 0x3000;
    private const ulong HighestNarrowUserAddress = 0x7FFE_FFFF;

    private static readonly string[] ProcessLists = ["ThreadListHead", "SessionProcessLinks", "MmProcessLinks", "JobLinks", "TimerResolutionLink"];
    private static readonly string[] SchedulingLists = ["Header.WaitListHead", "ProfileListHead", "ThreadListHead", "ReadyListHead", "ProcessListEntry"];
    private static readonly string[] ThreadLists = ["Tcb.Header.WaitListHead", "Tcb.MutantListHead", "Tcb.QueueListEntry", "IrpList"];

    private readonly MachineContext _context;
    private readonly ObjectManager _objects;
    private readonly HandleTable _identifiers;
    private readonly VirtualAddress _activeHead;
    private readonly VirtualAddress _handleTables;
    private readonly List<MachineProcess> _processes = [];
    private readonly Dictionary<uint, HandleTable> _handles = [];
    private ulong _nextStack;
    private uint _nextId = 4;

    /// <summary>Prepares the lists.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="objects">The object manager.</param>
    /// <param name="stacks">Where kernel stacks go.</param>
    public ProcessBuilder(MachineContext context, ObjectManager objects, VirtualAddress stacks)
    {
        _context = context;
        _objects = objects;
        _nextStack = stacks.Value;
        _identifiers = new HandleTable(context, processId: 0);
        context.System.WritePointer(context.Kernel.AddressOf("PspCidTable"), _identifiers.Address);
        _activeHead = context.Kernel.AddressOf("PsActiveProcessHead", 16);
        context.InitializeList(_activeHead);
        _handleTables = context.Kernel.AddressOf("HandleTableListHead", 16);
        context.InitializeList(_handleTables);
    }

    /// <summary>The processes so far.</summary>
    public IReadOnlyList<MachineProcess> Processes => _processes;

    /// <summary>The handle table of a process.</summary>
    public HandleTable HandlesOf(MachineProcess process) => _handles[process.Id];

    /// <summary>The table of process and thread identifiers.</summary>
    public HandleTable Identifiers => _identifiers;

    /// <summary>Creates a process with its threads.</summary>
    public MachineProcess Create(ProcessPlan plan)
    {
        var isSystem = plan.Name == ProcessPlan.System;
        var parent = isSystem ? 0 : _processes.Last(process => process.Name == plan.Parent).Id;
        var space = isSystem ? _context.System : _context.System.CreateProcess();
        var created = (ulong)(LabClock.Boot + TimeSpan.FromSeconds(2 + 7 * _processes.Count).Ticks);
        var body = _objects.Create("Process", LabStructure.SizeOf(_context.Types, "_EPROCESS"), name: null, default, charged: !isSystem);
        var id = TakeId();
        var process = new MachineProcess(id, parent, plan.Name, plan.Session, body, space);
        var structure = _context.At("_EPROCESS", body);
        WriteScheduling(structure.Inner("Pcb"), space);
        structure.Set("UniqueProcessId", id).Set("InheritedFromUniqueProcessId", parent).Set("CreateTime", created)
            .SetBytes("ImageFileName", Encoding.ASCII.GetBytes(plan.Name)).Set("PriorityClass", 2).Set("ActiveThreads", (ulong)plan.Threads)
            .SetIfPresent("ActiveThreadsHighWatermark", (ulong)plan.Threads).SetIfPresent("HighestUserAddress", isSystem ? 0ul : _context.IsNarrow ? HighestNarrowUserAddress : HighestUserAddress)
            .SetIfPresent("VirtualSize", _context.IsNarrow ? 0x0400_0000ul : 0x4_0000_0000).SetIfPresent("ExitStatus", 0x103).SetIfPresent("Cookie", (ulong)_context.Random.Next());
        foreach (var list in ProcessLists.Where(structure.Has))
        {
            _context.InitializeList(structure.AddressOf(list));
        }

        _context.InsertTail(_activeHead, structure.AddressOf("ActiveProcessLinks"));
        _identifiers.AddAt(id, body, 0);
        AddHandles(structure, process);
        WriteImagePath(structure, plan.Name, isSystem);
        process = process with { Threads = [.. Enumerable.Range(0, plan.Threads).Select(number => CreateThread(process, structure, number, created))] };
        _processes.Add(process);
        if (isSystem)
        {
            _context.System.WritePointer(_context.Kernel.AddressOf("PsInitialSystemProcess"), body);
        }
        else if (_processes.Find(other => other.Id == parent) is { } creator)
        {
            AddHandle(creator, body, QueryLimited);
        }

        return process;
    }

    /// <summary>Starts one more thread in a process.</summary>
    /// <param name="name">The process's name.</param>
    public MachineThread AddThread(string name)
    {
        var index = _processes.FindIndex(process => process.Name == name);
        var process = _processes[index];
        var structure = _context.At("_EPROCESS", process.Object);
        var thread = CreateThread(process, structure, process.Threads.Count, (ulong)LabClock.Now);
        _processes[index] = process with { Threads = [.. process.Threads, thread] };
        structure.Set("ActiveThreads", (ulong)process.Threads.Count + 1);
        return thread;
    }

    /// <summary>Opens a handle to an object in a process.</summary>
    public uint AddHandle(MachineProcess process, VirtualAddress body, ulong access)
    {
        _objects.AddHandle(body);
        return HandlesOf(process).Add(_objects.HeaderOf(body), (uint)access);
    }

    /// <summary>Takes a thread out of both lists of its process.</summary>
    public void UnlinkThread(MachineThread thread)
    {
        var structure = _context.At("_ETHREAD", thread.Object);
        _context.Unlink(structure.AddressOf("ThreadListEntry"));
        _context.Unlink(structure.AddressOf("Tcb.ThreadListEntry"));
    }

    /// <summary>Takes a process out of the list of processes.</summary>
    public void Unlink(MachineProcess process)
    {
        _context.Unlink(_context.At("_EPROCESS", process.Object).AddressOf("ActiveProcessLinks"));
        _processes[_processes.FindIndex(other => other.Id == process.Id)] = process with { IsUnlinked = true };
    }

    /// <summary>Says which processes the machine has now; each gets a handle table with a handle to itself.</summary>
    public void Replace(IEnumerable<MachineProcess> processes)
    {
        var now = processes.ToList();
        _processes.Clear();
        _processes.AddRange(now);
        foreach (var process in now.Where(process => !_handles.ContainsKey(process.Id) || _context.ReadPointer(_context.At("_EPROCESS", process.Object).AddressOf("ObjectTable")).IsZero))
        {
            AddHandles(_context.At("_EPROCESS", process.Object), process);
        }
    }

    private void AddHandles(LabStructure structure, MachineProcess process)
    {
        var handles = new HandleTable(_context, process.Id);
        _handles[process.Id] = handles;
        var table = _context.At("_HANDLE_TABLE", handles.Address).SetIfPresent("QuotaProcess", process.ParentId == 0 ? 0 : process.Object.Value);
        _context.InsertTail(_handleTables, table.AddressOf("HandleTableList"));
        structure.Set("ObjectTable", handles.Address);
        AddHandle(process, process.Object, AllAccess);
    }

    /// <summary>Takes the next free identifier.</summary>
    public uint TakeId()
    {
        var id = _nextId;
        _nextId += id == 4 ? 4 : 4 * (uint)_context.Random.Next(1, 9);
        return id;
    }

    private void WriteScheduling(LabStructure kernelPart, LabAddressSpace space)
    {
        kernelPart.Set("Header.Type", ProcessObject).Set("Header.Size", LabStructure.SizeOf(_context.Types, "_KPROCESS") / 4 & 0xFF)
            .Set("DirectoryTableBase", space.DirectoryTable.Value).Set("BasePriority", 8).SetIfPresent("QuantumReset", 6);
        foreach (var list in SchedulingLists.Where(kernelPart.Has))
        {
            _context.InitializeList(kernelPart.AddressOf(list));
        }
    }

    private void WriteImagePath(LabStructure structure, string name, bool isSystem)
    {
        if (isSystem || !structure.Has("SeAuditProcessCreationInfo.ImageFileName"))
        {
            return;
        }

        var path = $@"\Device\HarddiskVolume1\Windows\System32\{name}";
        var block = _context.PagedPool.Allocate(16 + 2 * path.Length + 2, PoolTag.Of("SeOn"));
        MachineContext.WriteUnicodeString(_context.System, block, path, block + 16);
        structure.Set("SeAuditProcessCreationInfo.ImageFileName", block);
    }

    private MachineThread CreateThread(MachineProcess process, LabStructure owner, int number, ulong created)
    {
        var id = TakeId();
        var body = _objects.Create("Thread", LabStructure.SizeOf(_context.Types, "_ETHREAD"), name: null, default, charged: process.ParentId != 0);
        var size = _context.IsNarrow ? NarrowStackSize : KernelStackSize;
        _context.System.Allocate(new VirtualAddress(_nextStack), size, PageAccess.Write);
        var (limit, top) = (new VirtualAddress(_nextStack), new VirtualAddress(_nextStack + size));
        _nextStack += size + PhysicalRam.PageSize;
        var pointer = WriteStack(top);
        var start = _context.Kernel.Base + _context.Kernel.Services.RvaOf(number % _context.Kernel.Services.Count);
        var structure = _context.At("_ETHREAD", body);
        structure.Set("Tcb.Header.Type", ThreadObject).Set("Tcb.InitialStack", top - 0x50).Set("Tcb.StackBase", top).Set("Tcb.StackLimit", limit)
            .Set("Tcb.KernelStack", pointer).Set("Tcb.State", Waiting).Set("Tcb.Priority", 8).Set("Tcb.BasePriority", 8).SetIfPresent("Tcb.Process", process.Object).SetIfPresent("ThreadsProcess", process.Object)
            .Set("Tcb.ApcState.Process", process.Object).SetIfPresent("Tcb.KernelStackResident", 1).SetIfPresent("Tcb.WaitReason", 6)
            .SetIfPresent("Tcb.PreviousMode", process.ParentId == 0 ? 0ul : 1).Set("CreateTime", created + (ulong)number * 10_000)
            .Set("StartAddress", start).Set("Cid.UniqueProcess", process.Id).Set("Cid.UniqueThread", id).SetIfPresent("ExitStatus", 0x103);
        if (_context.IsNarrow)
        {
            structure.SetIfPresent("Tcb.ServiceTable", _context.Kernel.AddressOf(process.Session is null ? KernelImageWriter.DescriptorTable : KernelImageWriter.ShadowTable, KernelImageWriter.DescriptorsSize));
        }

        foreach (var list in ThreadLists.Where(structure.Has))
        {
            _context.InitializeList(structure.AddressOf(list));
        }

        _context.InsertTail(owner.AddressOf("ThreadListHead"), structure.AddressOf("ThreadListEntry"));
        _context.InsertTail(owner.AddressOf("Pcb.ThreadListHead"), structure.AddressOf("Tcb.ThreadListEntry"));
        _identifiers.AddAt(id, body, 0);
        return new MachineThread(id, body, pointer);
    }

    // A waiting thread's stack ends in return addresses into the kernel.
    private VirtualAddress WriteStack(VirtualAddress top)
    {
        var services = _context.Kernel.Services;
        var pointer = top - 0x300;
        for (var frame = 0ul; frame < 6; frame++)
        {
            var routine = services.RvaOf(_context.Random.Next(services.Count));
            _context.System.WritePointer(pointer + frame * 0x78, _context.Kernel.Base + routine + 0x12);
        }

        return pointer;
    }
}
