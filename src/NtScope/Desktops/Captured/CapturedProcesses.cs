using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Desktops.Captured;

/// <summary>Reads the threads and processes behind win32k's own structures.</summary>
internal sealed class CapturedProcesses(KernelContext context)
{
    private readonly Dictionary<VirtualAddress, DesktopProcess> _processes = [];

    /// <summary>Whether an address is a kernel thread: a dispatcher object of the type that threads have.</summary>
    public bool IsThread(VirtualAddress thread)
    {
        const byte ThreadObject = 6;
        return context.Memory.TryReadByte(thread, out var type, out _) && (type & 0x7f) == ThreadObject && ThreadId(thread) is > 0;
    }

    /// <summary>A thread by its _ETHREAD.</summary>
    public DesktopThread Read(VirtualAddress thread, ICollection<Finding> findings, out DesktopProcess process)
    {
        process = ProcessOf(thread, findings);
        return new DesktopThread(ThreadId(thread) ?? 0, process.Pid, process.Name);
    }

    private uint? ThreadId(VirtualAddress thread) => (uint?)context.At("_ETHREAD", thread).Number("Cid.UniqueThread");

    private DesktopProcess ProcessOf(VirtualAddress thread, ICollection<Finding> findings)
    {
        var pid = (uint)(context.At("_ETHREAD", thread, findings).Number("Cid.UniqueProcess") ?? 0);
        if (Kernel.Processes.ProcessSurvey.ProcessOf(context, thread) is not { } address)
        {
            return new DesktopProcess(pid, null);
        }

        if (!_processes.TryGetValue(address, out var process))
        {
            var view = context.At("_EPROCESS", address, findings);
            var (path, commandLine) = ReadParameters(view);
            process = new DesktopProcess(
                pid,
                view.Characters("ImageFileName"),
                ReadImagePath(view) ?? path,
                commandLine,
                FileTime.Parse(view.Number("CreateTime")));
            _processes.Add(address, process);
        }

        return process;
    }

    // The kernel's own record of the image (OBJECT_NAME_INFORMATION) is out of the process's reach.
    private string? ReadImagePath(StructureView process) =>
        process.Pointer("SeAuditProcessCreationInfo.ImageFileName") is { IsZero: false } name && KernelText.ReadCounted(context.Memory, name, out _) is { Length: > 0 } path ? path : null;

    /// <summary>Image and command line stand in the process's own memory and may be paged out, or forged by the process itself.</summary>
    private (string? Path, string? CommandLine) ReadParameters(StructureView process)
    {
        if (process.Pointer("Peb") is not { IsZero: false } block
            || process.Number("Pcb.DirectoryTableBase") is not { } root
            || context.Target.AddressSpaces?.Open(new PhysicalAddress(root)) is not { } memory
            || context.OffsetOf("_PEB", "ProcessParameters") is not { } parametersOffset
            || !memory.TryReadPointer(block + parametersOffset, out var parameters, out _))
        {
            return default;
        }

        return (ReadText("ImagePathName", Limits.NameCharacters), ReadText("CommandLine", Limits.CommandLineCharacters));

        string? ReadText(string field, int characters) =>
            context.OffsetOf("_RTL_USER_PROCESS_PARAMETERS", field) is { } offset ? KernelText.ReadCounted(memory, parameters + offset, out _, characters) : null;
    }
}
