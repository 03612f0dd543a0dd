using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Executive.Processes;

/// <summary>
/// Processes and threads in the machine's memory. The first ones are those that the machine was built with; the others are copies of them with
/// fields of their own, in the lists and the table of identifiers that find them.
/// </summary>
internal sealed class ProcessObjects(LabKernel kernel)
{
    private const int RestingIds = 256;
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, LabAddressSpace> _spaces = [];
    private readonly Queue<uint> _freeIds = new();
    private readonly VirtualAddress _activeHead = kernel.Machine.Kernel.AddressOf("PsActiveProcessHead", 16);
    private StructureTemplate _process = null!;
    private StructureTemplate _thread = null!;

    private ProcessLayout Layout => kernel.Processes.Layout;

    /// <summary>Has further processes look like this one.</summary>
    public void TakeTemplates(MachineProcess process)
    {
        _process = new StructureTemplate(kernel.Machine.At("_EPROCESS", process.Object));
        _thread = new StructureTemplate(kernel.Machine.At("_ETHREAD", process.Threads[0].Object));
    }

    /// <summary>Takes over a process that the machine was built with.</summary>
    public void Adopt(MachineProcess process) => _spaces.Add(process.Object.Value, process.Space);

    /// <summary>The address space of a process.</summary>
    public LabAddressSpace SpaceOf(ulong process) => _spaces[process];

    /// <summary>An identifier that no process or thread has, or had a short time ago.</summary>
    public uint TakeId() => _freeIds.Count > RestingIds ? _freeIds.Dequeue() : kernel.Windows.Processes.TakeId();

    /// <summary>Writes a process and enters it where processes are found.</summary>
    public void WriteProcess(ulong address, uint id, uint parent, string name, string path)
    {
        var layout = Layout;
        var space = kernel.Machine.System.CreateProcess();
        _spaces.Add(address, space);
        _process.CopyTo(_memory.Span(address, (int)layout.ProcessBytes, Cpu.MemoryAccess.Write), address);
        _memory.WriteUInt64(address + layout.UniqueProcessId, id);
        _memory.WriteUInt64(address + layout.InheritedFromUniqueProcessId, parent);
        _memory.WriteUInt64(address + layout.DirectoryTableBase, space.DirectoryTable.Value);
        _memory.WriteUInt64(address + layout.CreateTime, (ulong)kernel.Clock.Now);
        _memory.WriteUInt32(address + layout.ExitStatus, (uint)NtStatus.Pending);
        _memory.WriteUInt64(address + layout.ObjectTable, 0);
        _memory.WriteUInt64(address + layout.Session, 0);
        _memory.WriteUInt64(address + layout.Peb, 0);
        _memory.WriteUInt32(address + layout.ActiveThreads, 0);
        foreach (var list in (ReadOnlySpan<ulong>)[layout.Threads, layout.SchedulingThreads, layout.SessionProcessLinks])
        {
            kernel.Machine.InitializeList(new VirtualAddress(address + list));
        }

        var text = _memory.Span(address + layout.ImageFileName, 15, Cpu.MemoryAccess.Write);
        text.Clear();
        Encoding.Latin1.GetBytes(name.AsSpan(0, Math.Min(name.Length, 14)), text);
        WriteImagePath(address, path);
        kernel.Machine.InsertTail(_activeHead, new VirtualAddress(address + layout.ActiveProcessLinks));
        kernel.Windows.Processes.Identifiers.AddAt(id, new VirtualAddress(address), 0);
    }

    /// <summary>Writes a thread and enters it where threads are found.</summary>
    public void WriteThread(ulong address, ulong process, uint processId, uint id)
    {
        var layout = Layout;
        _thread.CopyTo(_memory.Span(address, (int)layout.ThreadBytes, Cpu.MemoryAccess.Write), address);
        _memory.WriteUInt64(address + layout.ThreadProcess, process);
        _memory.WriteUInt64(address + layout.ThreadApcStateProcess, process);
        _memory.WriteUInt64(address + layout.ThreadUniqueProcess, processId);
        _memory.WriteUInt64(address + layout.ThreadUniqueThread, id);
        _memory.WriteUInt64(address + layout.ThreadCreateTime, (ulong)kernel.Clock.Now);
        _memory.WriteUInt64(address + layout.ThreadTeb, 0);
        SetStack(address, 0, 0, 0);
        kernel.Machine.InsertTail(new VirtualAddress(process + layout.Threads), new VirtualAddress(address + layout.ThreadLinks));
        kernel.Machine.InsertTail(new VirtualAddress(process + layout.SchedulingThreads), new VirtualAddress(address + layout.ThreadSchedulingLinks));
        _memory.WriteUInt32(process + layout.ActiveThreads, _memory.ReadUInt32(process + layout.ActiveThreads) + 1);
        kernel.Windows.Processes.Identifiers.AddAt(id, new VirtualAddress(address), 0);
    }

    /// <summary>Says where a thread's kernel stack is.</summary>
    public void SetStack(ulong thread, ulong limit, ulong top, ulong pointer)
    {
        _memory.WriteUInt64(thread + Layout.ThreadStackLimit, limit);
        _memory.WriteUInt64(thread + Layout.ThreadStackBase, top);
        _memory.WriteUInt64(thread + Layout.ThreadInitialStack, top == 0 ? 0 : top - 0x50);
        _memory.WriteUInt64(thread + Layout.ThreadKernelStack, pointer);
    }

    /// <summary>Takes a process out of where it is found.</summary>
    public void DeleteProcess(ulong address)
    {
        kernel.Machine.Unlink(new VirtualAddress(address + Layout.ActiveProcessLinks));
        kernel.Machine.Unlink(new VirtualAddress(address + Layout.SessionProcessLinks));
        Forget((uint)_memory.ReadUInt64(address + Layout.UniqueProcessId));
        if (_memory.ReadUInt64(address + Layout.ImagePath) is var path && path != 0)
        {
            kernel.Pool.Free(path);
        }

        if (_spaces.Remove(address, out var space) && space != kernel.Machine.System)
        {
            kernel.Machine.System.Release(space);
        }
    }

    /// <summary>Takes a thread out of where it is found.</summary>
    public void DeleteThread(ulong address)
    {
        kernel.Machine.Unlink(new VirtualAddress(address + Layout.ThreadLinks));
        kernel.Machine.Unlink(new VirtualAddress(address + Layout.ThreadSchedulingLinks));
        Forget((uint)_memory.ReadUInt64(address + Layout.ThreadUniqueThread));
    }

    private void Forget(uint id)
    {
        kernel.Windows.Processes.Identifiers.Remove(id);
        _freeIds.Enqueue(id);
    }

    private void WriteImagePath(ulong address, string path)
    {
        var name = ProcessManager.DevicePath(path);
        var block = kernel.Pool.Allocate(16 + ((ulong)(name.Length + 1) * 2), "SeOn", Pool.PoolKind.Paged);
        _memory.WriteString(block + 16, name);
        _memory.WriteUnicodeString(block, block + 16, name.Length * 2, (name.Length + 1) * 2);
        _memory.WriteUInt64(address + Layout.ImagePath, block);
    }
}
