using System.Globalization;
using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>Processes as <c>!process</c> shows them.</summary>
public sealed class ProcessListing : ICommandResult
{
    private readonly KernelContext _context;
    private readonly ExtensionText _text;
    private readonly ProcessFlags _flags;
    private readonly string _heading;

    internal ProcessListing(KernelContext context, string heading, IReadOnlyList<ProcessDetails> processes, ProcessFlags flags, IReadOnlyList<string> notes)
    {
        _context = context;
        _text = new ExtensionText(context);
        _flags = flags;
        _heading = heading;
        Processes = processes;
        Notes = notes;
    }

    /// <summary>The processes in the order of the kernel's list.</summary>
    public IReadOnlyList<ProcessDetails> Processes { get; }

    /// <summary>Sentences about processes that the kernel's list does not show.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<ProcessDetails>(Processes);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write(_heading);
        foreach (var process in Processes)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            writer.Write(Short(process));
            if (_flags.HasFlag(ProcessFlags.Times)) WriteDetails(writer, process.Process);
            if ((_flags & (ProcessFlags.Threads | ProcessFlags.ThreadLines)) != ProcessFlags.None) WriteThreads(writer, process.Process, cancellation);
            writer.Write('\n');
        }

        foreach (var note in Notes)
        {
            writer.Write(note + "\n");
        }
    }

    /// <summary>The four lines that stand for a process.</summary>
    public string Short(ProcessDetails process)
    {
        static string Number(ulong? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? ExtensionText.Unreadable;
        var session = process.Session?.ToString(CultureInfo.InvariantCulture) ?? "none";
        var table = process.HandleTable is { } handles ? _text.Pointer(handles) : ExtensionText.Unreadable;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"PROCESS {_text.Pointer(process.Process)}\n"
            + $"    SessionId: {session}  Cid: {Number(process.Id, "x4")}    Peb: {Number(process.EnvironmentBlock?.Value, "x8")}  ParentCid: {Number(process.ParentId, "x4")}\n"
            + $"    DirBase: {Number(process.DirectoryTable, "x8")}  ObjectTable: {table}  HandleCount: {process.HandleCount,3}.\n"
            + $"    Image: {process.Image ?? ExtensionText.Unreadable}\n");
    }

    private void WriteDetails(TextWriter writer, VirtualAddress process)
    {
        var view = _context.At("_EPROCESS", process);
        writer.Write($"    VadRoot {_text.Pointer(view, "VadRoot.Root", "VadRoot.BalancedRoot.RightChild", "VadRoot")} "
            + $"Vads {_text.Decimal(view, "VadCount", "VadRoot.NumberGenericTableElements", "NumberOfVads")} Clone {_text.Hexadecimal(view, 1, "CloneRoot")} "
            + $"Private {_text.Decimal(view, "NumberOfPrivatePages")}. Modified {_text.Decimal(view, "ModifiedPageCount")}. Locked {_text.Decimal(view, "NumberOfLockedPages")}.\n");
        writer.Write($"    DeviceMap {_text.Pointer(view, "DeviceMap")}\n");
        Write("Token", _text.FastReference(view, "Token"));
        Write("ElapsedTime", Elapsed(view));
        Write("UserTime", _text.Ticks(view, "Pcb.UserTime"));
        Write("KernelTime", _text.Ticks(view, "Pcb.KernelTime"));
        Write("QuotaPoolUsage[PagedPool]", Quota(view, 1));
        Write("QuotaPoolUsage[NonPagedPool]", Quota(view, 0));
        writer.Write(WorkingSet(view));
        Write("PeakWorkingSetSize", _text.Decimal(view, "Vm.Instance.PeakWorkingSetSize", "Vm.PeakWorkingSetSize"));
        Write("VirtualSize", Megabytes(view, "VirtualSize"));
        Write("PeakVirtualSize", Megabytes(view, "PeakVirtualSize"));
        Write("PageFaultCount", _text.Decimal(view, "Vm.Instance.PageFaultCount", "Vm.PageFaultCount"));
        Write("MemoryPriority", view.Number("Vm.Instance.Flags.MemoryPriority", "Vm.Flags.MemoryPriority") switch
        {
            null => _text.Missing(view, "Vm.Instance.Flags.MemoryPriority", "Vm.Flags.MemoryPriority"),
            0 => "BACKGROUND",
            _ => "FOREGROUND",
        });
        Write("BasePriority", _text.Decimal(view, "Pcb.BasePriority"));
        Write("CommitCharge", _text.Decimal(view, "CommitCharge"));
        writer.Write('\n');

        void Write(string name, string value) => writer.Write($"    {name,-33} {value}\n");
    }

    private string Elapsed(in StructureView view)
    {
        if (view.Number("CreateTime") is not { } created)
        {
            return _text.Missing(view, "CreateTime");
        }

        return SharedData.SystemTime(_context) is { } now && now >= created ? ExtensionText.Duration(now - created) : $"since {KernelText.Time(created) ?? "an unknown time"}";
    }

    private string Quota(in StructureView view, uint index)
    {
        if (view.AddressOf("ProcessQuotaUsage", "QuotaUsage") is not { } usage)
        {
            return ExtensionText.Unknown;
        }

        return _context.ReadPointer(usage + (index * _context.PointerSize)) is { } value ? value.Value.ToString(CultureInfo.InvariantCulture) : ExtensionText.Unreadable;
    }

    private static string WorkingSet(in StructureView view)
    {
        const ulong KilobytesPerPage = 4;
        var sizes = new ulong?[]
        {
            view.Number("Vm.Instance.WorkingSetSize", "Vm.Instance.WorkingSetLeafSize", "Vm.WorkingSetSize"),
            view.Number("Vm.Instance.MinimumWorkingSetSize", "Vm.MinimumWorkingSetSize"),
            view.Number("Vm.Instance.MaximumWorkingSetSize", "Vm.MaximumWorkingSetSize"),
        };
        var pages = string.Join(", ", sizes.Select(size => size?.ToString(CultureInfo.InvariantCulture) ?? ExtensionText.Unreadable));
        var kilobytes = string.Join(", ", sizes.Select(size => size is { } value ? (value * KilobytesPerPage).ToString(CultureInfo.InvariantCulture) + "KB" : ExtensionText.Unreadable));
        return $"    Working Set Sizes (now,min,max)  ({pages}) ({kilobytes})\n";
    }

    private string Megabytes(in StructureView view, string field) =>
        view.Number(field) is { } size ? string.Create(CultureInfo.InvariantCulture, $"{size >> 20} Mb") : _text.Missing(view, field);

    private void WriteThreads(TextWriter writer, VirtualAddress process, CancellationToken cancellation)
    {
        const string Indentation = "        ";
        foreach (var thread in ThreadDetails.ListOf(_context, process))
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            var isFull = _flags.HasFlag(ProcessFlags.Threads) && (_flags & (ProcessFlags.Times | ProcessFlags.ThreadLines)) != ProcessFlags.None;
            ThreadListing.Write(writer, _context, thread, Indentation, isFull);
        }
    }
}
