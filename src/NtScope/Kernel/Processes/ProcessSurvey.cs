using NtScope.Kernel.Objects;
using NtScope.Kernel.Pool;

namespace NtScope.Kernel.Processes;

/// <summary>
/// All processes and threads that any of several ways shows: the kernel's lists, the table of IDs, a scan of the pool, and threads that run in
/// a process. What only some ways show has been taken out of the others, or has ended.
/// </summary>
public sealed class ProcessSurvey
{
    private const byte ProcessObject = 3;
    private const byte ThreadObject = 6;

    private readonly KernelContext _context;
    private readonly Dictionary<VirtualAddress, Sighting> _processes = [];
    private readonly Dictionary<VirtualAddress, Sighting> _threads = [];
    private readonly HashSet<VirtualAddress> _brokenLinks = [];
    private readonly HashSet<VirtualAddress> _brokenThreadLists = [];
    private int _threadsLeft = Limits.ListedThreads;

    private ProcessSurvey(KernelContext context) => _context = context;

    /// <summary>The processes.</summary>
    public IReadOnlyCollection<Sighting> Processes => _processes.Values;

    /// <summary>The threads.</summary>
    public IReadOnlyCollection<Sighting> Threads => _threads.Values;

    /// <summary>Whether the kernel's list of processes came back to its head, so that a process missing from it was taken out.</summary>
    public bool IsListWhole { get; private set; }

    /// <summary>Whether the links of a process do not hold together with its neighbours'.</summary>
    public bool HasBrokenLink(VirtualAddress process) => _brokenLinks.Contains(process);

    /// <summary>Whether a process's list of threads could not be followed from its head to its head, so that a thread missing from it may only be lost.</summary>
    public bool HasBrokenThreadList(VirtualAddress process) => _brokenThreadLists.Contains(process);

    /// <summary>Looks for processes and threads.</summary>
    public static ProcessSurvey Take(KernelContext context, SurveyOptions options)
    {
        var survey = new ProcessSurvey(context);
        survey.ReadList();
        survey.ReadIdentifierTable();
        if (options.ScanPool)
        {
            survey.ScanPool(options);
        }

        foreach (var thread in survey._threads.Keys)
        {
            survey.AddProcessOf(thread);
        }

        foreach (var process in survey._processes.Keys)
        {
            survey.ReadThreadList(process);
        }

        return survey;
    }

    /// <summary>The process that a thread runs in (_KTHREAD.Process); null if it cannot be read.</summary>
    public static VirtualAddress? ProcessOf(KernelContext context, VirtualAddress thread) =>
        context.At("_ETHREAD", thread).Pointer("Tcb.Process", "ThreadsProcess") is { IsZero: false } process ? process : null;

    private void ReadList()
    {
        var system = _context.FindPointer("PsInitialSystemProcess");
        if (_context.OffsetOf("_EPROCESS", "ActiveProcessLinks") is not { } offset
            || (_context.Find("PsActiveProcessHead") ?? system + offset) is not { } head)
        {
            _context.Note("The list of processes was not found: neither nt!PsActiveProcessHead nor nt!PsInitialSystemProcess is known.");
            return;
        }

        var walk = ListWalk.Read(_context.Memory, head);
        IsListWhole = walk.Problem is null;
        if (walk.Problem is { } problem)
        {
            _context.Note(problem);
        }

        // Without the head's name the walk starts at the System process and passes the head, which lies in the kernel's image.
        foreach (var link in system + offset == head ? walk.Links.Prepend(head) : walk.Links)
        {
            if (!_context.Kernel.Contains(link))
            {
                See(_processes, link - offset, SightingSources.List);
                if (walk.BrokenLinks.Contains(link))
                {
                    _brokenLinks.Add(link - offset);
                }
            }
        }
    }

    private void ReadIdentifierTable()
    {
        if (KernelVariable.FindRead(_context, "PspCidTable", "PsLookupProcessByProcessId", IsIdentifierTable) is not { } variable
            || _context.ReadPointer(variable) is not { IsZero: false } table)
        {
            _context.Note("The table of process and thread IDs was not read: nt!PspCidTable is not known for this kernel.");
            return;
        }

        foreach (var entry in HandleTable.Read(_context, table))
        {
            if (!_context.Memory.TryReadByte(entry.Object, out var type, out _))
            {
                continue;
            }

            if ((type & 0x7F) == ProcessObject)
            {
                See(_processes, entry.Object, SightingSources.Handles);
            }
            else if ((type & 0x7F) == ThreadObject)
            {
                See(_threads, entry.Object, SightingSources.Handles);
            }
        }
    }

    /// <summary>The table of IDs holds the System process under its ID, 4.</summary>
    private bool IsIdentifierTable(VirtualAddress variable) =>
        _context.FindPointer("PsInitialSystemProcess") is { } system
        && _context.ReadPointer(variable) is { IsZero: false } table
        && HandleTable.Read(_context, table).FirstOrDefault() is { Handle: 4 } first && first.Object == system;

    private void ScanPool(SurveyOptions options)
    {
        if (_context.Target.Physical is not { } physical)
        {
            _context.Note("The pool was not scanned: this target shows no physical memory.");
            return;
        }

        var firstProcess = _context.FindPointer("PsInitialSystemProcess") ?? _processes.Keys.FirstOrDefault();
        var firstThread = FirstThreadOf(firstProcess) ?? _threads.Keys.FirstOrDefault();
        var processes = PoolObjectFinder.For(_context, "_EPROCESS", firstProcess);
        var threads = PoolObjectFinder.For(_context, "_ETHREAD", firstThread);
        PoolScanner.Scan(
            physical,
            _context.Types.PointerSize,
            [PoolTag.Process, PoolTag.Thread],
            (hit, page) =>
            {
                var (finder, found) = hit.Tag == PoolTag.Process ? (processes, _processes) : (threads, _threads);
                if (finder?.Find(hit, page) is { } address)
                {
                    See(found, address, SightingSources.Pool);
                }
            },
            options.Progress,
            options.Cancellation);
    }

    private VirtualAddress? FirstThreadOf(VirtualAddress process) =>
        _context.OffsetOf("_ETHREAD", "ThreadListEntry") is { } offset
        && _context.At("_EPROCESS", process).Pointer("ThreadListHead.Flink") is { } link ? link - offset : null;

    private void AddProcessOf(VirtualAddress thread)
    {
        if (ProcessOf(_context, thread) is { } process
            && _context.Memory.TryReadByte(process, out var type, out _) && (type & 0x7F) == ProcessObject)
        {
            See(_processes, process, SightingSources.Threads);
        }
    }

    private void ReadThreadList(VirtualAddress process)
    {
        if (_context.OffsetOf("_ETHREAD", "ThreadListEntry") is not { } offset
            || _context.At("_EPROCESS", process).AddressOf("ThreadListHead") is not { } head
            || _context.ReadPointer(head) is null or { IsZero: true })
        {
            _brokenThreadLists.Add(process);
            return;
        }

        var walk = ListWalk.Read(_context.Memory, head, Math.Min(_threadsLeft, Limits.KernelListEntries));
        _threadsLeft -= walk.Links.Count;
        if (walk.Problem is { } problem)
        {
            _brokenThreadLists.Add(process);
            _context.Note($"Threads of the process at {process}: {problem}");
        }

        foreach (var link in walk.Links)
        {
            See(_threads, link - offset, SightingSources.List);
        }
    }

    private void See(Dictionary<VirtualAddress, Sighting> seen, VirtualAddress address, string source)
    {
        if (!seen.TryGetValue(address, out var sighting))
        {
            // A hostile table of IDs has room for millions of objects that do not exist.
            var (limit, name) = ReferenceEquals(seen, _processes) ? (Limits.Processes, "processes") : (Limits.ListedThreads, "threads");
            if (seen.Count >= limit)
            {
                _context.Note($"Only {limit} {name} are listed; there are more.");
                return;
            }

            sighting = new Sighting(address);
            seen.Add(address, sighting);
        }

        sighting.Add(source);
    }
}
