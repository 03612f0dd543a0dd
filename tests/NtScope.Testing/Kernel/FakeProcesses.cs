using System.Text;

namespace NtScope.Testing.Kernel;

/// <summary>Processes and threads of a <see cref="FakeKernel"/>, in its lists and in its table of IDs.</summary>
public sealed class FakeProcesses
{
    private readonly FakeKernel _kernel;
    private readonly VirtualAddress _table;

    /// <summary>The System process alone, with one thread.</summary>
    public FakeProcesses(FakeKernel kernel)
    {
        _kernel = kernel;
        kernel.InitializeList(kernel.Symbol("PsActiveProcessHead"));
        var handleTable = kernel.Allocate("Obtb", kernel.SizeOf("_HANDLE_TABLE"));
        _table = kernel.Allocate("Obtb", 0x1000);
        kernel.WritePointer(handleTable + kernel.OffsetOf("_HANDLE_TABLE", "TableCode"), _table);
        kernel.WriteNumber(handleTable + kernel.OffsetOf("_HANDLE_TABLE", "NextHandleNeedingPool"), 0x400);
        kernel.WritePointer(kernel.Symbol("PspCidTable"), handleTable);
        System = AddProcess(4, "System");
        AddThread(System, 8);
        kernel.WritePointer(kernel.Symbol("PsInitialSystemProcess"), System);
        kernel.WritePointer(kernel.Symbol("PsProcessType"), kernel.TypeObject("Process"));
    }

    /// <summary>The System process.</summary>
    public VirtualAddress System { get; }

    /// <summary>Where a process's links in the list of processes are.</summary>
    public VirtualAddress LinksOf(VirtualAddress process) => process + _kernel.OffsetOf("_EPROCESS", "ActiveProcessLinks");

    /// <summary>Adds a process.</summary>
    public VirtualAddress AddProcess(uint pid, string name, uint parent = 4)
    {
        var process = _kernel.CreateObject("Process", "_EPROCESS", tag: "Proc");
        _kernel.WriteByte(process, 3);
        _kernel.WriteByte(process + 2, 0x36);
        _kernel.InitializeList(process + _kernel.OffsetOf("_EPROCESS", "Pcb.Header.WaitListHead"));
        _kernel.WriteNumber(process + _kernel.OffsetOf("_EPROCESS", "UniqueProcessId"), pid);
        _kernel.WriteNumber(process + _kernel.OffsetOf("_EPROCESS", "InheritedFromUniqueProcessId"), pid == 4 ? 0 : parent);
        _kernel.WriteNumber(process + _kernel.OffsetOf("_EPROCESS", "Pcb.DirectoryTableBase"), 0x1AD000 + pid * 0x1000);
        _kernel.WriteNumber(process + _kernel.OffsetOf("_EPROCESS", "CreateTime"), 132000000000000000);
        _kernel.Write(process + _kernel.OffsetOf("_EPROCESS", "ImageFileName"), Encoding.ASCII.GetBytes(name));
        _kernel.InitializeList(process + _kernel.OffsetOf("_EPROCESS", "ThreadListHead"));
        _kernel.InsertTail(_kernel.Symbol("PsActiveProcessHead"), LinksOf(process));
        AddIdentifier(pid, process);
        return process;
    }

    /// <summary>Adds a thread of a process.</summary>
    public VirtualAddress AddThread(VirtualAddress process, uint tid)
    {
        var thread = _kernel.CreateObject("Thread", "_ETHREAD", tag: "Thre");
        _kernel.WriteByte(thread, 6);
        _kernel.WriteByte(thread + 2, 0x70);
        _kernel.InitializeList(thread + _kernel.OffsetOf("_ETHREAD", "Tcb.Header.WaitListHead"));
        _kernel.WriteByte(thread + _kernel.OffsetOf("_ETHREAD", "Tcb.State"), 5);
        _kernel.WritePointer(thread + _kernel.OffsetOf("_ETHREAD", "Tcb.Process"), process);
        _kernel.WritePointer(thread + _kernel.OffsetOf("_ETHREAD", "Cid.UniqueProcess"), _kernel.ReadPointer(process + _kernel.OffsetOf("_EPROCESS", "UniqueProcessId")));
        _kernel.WriteNumber(thread + _kernel.OffsetOf("_ETHREAD", "Cid.UniqueThread"), tid);
        _kernel.WritePointer(thread + _kernel.OffsetOf("_ETHREAD", "Win32StartAddress"), _kernel.Symbol("PspSystemThreadStartup"));
        _kernel.InsertTail(process + _kernel.OffsetOf("_EPROCESS", "ThreadListHead"), thread + _kernel.OffsetOf("_ETHREAD", "ThreadListEntry"));
        AddIdentifier(tid, thread);
        return thread;
    }

    /// <summary>Takes an ID out of the table.</summary>
    public void RemoveIdentifier(uint id) => _kernel.WriteNumber(_table + id / 4 * 16, 0);

    private void AddIdentifier(uint id, VirtualAddress body) => _kernel.WriteNumber(_table + id / 4 * 16, _kernel.Known.Version.Major >= 10 ? (body.Value << 16) | 1 : body.Value | 1);
}
