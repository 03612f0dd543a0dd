using NtScope.Lab.Machine;
using NtScope.Symbols.Types;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Where the machine's kernel has the fields of EPROCESS and ETHREAD that the executive reads and writes.</summary>
internal sealed class ProcessLayout(ITypeSource types)
{
    private const string Process = "_EPROCESS";
    private const string Thread = "_ETHREAD";

    public ulong ProcessBytes { get; } = LabStructure.SizeOf(types, Process);

    public ulong DirectoryTableBase { get; } = Offset(types, Process, "Pcb.DirectoryTableBase");

    public ulong SchedulingThreads { get; } = Offset(types, Process, "Pcb.ThreadListHead");

    public ulong UniqueProcessId { get; } = Offset(types, Process, "UniqueProcessId");

    public ulong ActiveProcessLinks { get; } = Offset(types, Process, "ActiveProcessLinks");

    public ulong CreateTime { get; } = Offset(types, Process, "CreateTime");

    public ulong InheritedFromUniqueProcessId { get; } = Offset(types, Process, "InheritedFromUniqueProcessId");

    public ulong Peb { get; } = Offset(types, Process, "Peb");

    public ulong ObjectTable { get; } = Offset(types, Process, "ObjectTable");

    public ulong Session { get; } = Offset(types, Process, "Session");

    public ulong SessionProcessLinks { get; } = Offset(types, Process, "SessionProcessLinks");

    public ulong ImageFileName { get; } = Offset(types, Process, "ImageFileName");

    public ulong ImagePath { get; } = Offset(types, Process, "SeAuditProcessCreationInfo.ImageFileName");

    public ulong ExitStatus { get; } = Offset(types, Process, "ExitStatus");

    public ulong Threads { get; } = Offset(types, Process, "ThreadListHead");

    public ulong ActiveThreads { get; } = Offset(types, Process, "ActiveThreads");

    public ulong ThreadBytes { get; } = LabStructure.SizeOf(types, Thread);

    public ulong ThreadInitialStack { get; } = Offset(types, Thread, "Tcb.InitialStack");

    public ulong ThreadStackBase { get; } = Offset(types, Thread, "Tcb.StackBase");

    public ulong ThreadStackLimit { get; } = Offset(types, Thread, "Tcb.StackLimit");

    public ulong ThreadKernelStack { get; } = Offset(types, Thread, "Tcb.KernelStack");

    public ulong ThreadTeb { get; } = Offset(types, Thread, "Tcb.Teb");

    public ulong ThreadApcStateProcess { get; } = Offset(types, Thread, "Tcb.ApcState.Process");

    public ulong ThreadProcess { get; } = Offset(types, Thread, "Tcb.Process");

    public ulong ThreadSchedulingLinks { get; } = Offset(types, Thread, "Tcb.ThreadListEntry");

    public ulong ThreadLinks { get; } = Offset(types, Thread, "ThreadListEntry");

    public ulong ThreadCreateTime { get; } = Offset(types, Thread, "CreateTime");

    public ulong ThreadStartAddress { get; } = Offset(types, Thread, "StartAddress");

    public ulong ThreadUniqueProcess { get; } = Offset(types, Thread, "Cid.UniqueProcess");

    public ulong ThreadUniqueThread { get; } = Offset(types, Thread, "Cid.UniqueThread");

    private static ulong Offset(ITypeSource types, string structure, string path) =>
        LabStructure.Find(types, structure, path)?.Offset ?? throw new InvalidOperationException($"{types.Origin}: {structure} has no field {path}");
}
