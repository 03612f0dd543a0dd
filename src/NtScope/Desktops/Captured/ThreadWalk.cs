using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Desktops.Captured;

/// <summary>Walks the threads of a desktop: tagDESKTOP.PtiList holds tagTHREADINFO.PtiLink, whose pEThread is the kernel's thread.</summary>
internal sealed class ThreadWalk(Win32kOffsets offsets, CapturedProcesses processes)
{
    private const uint LongestThreadInformation = 0x600;

    /// <summary>The threads, and the processes that they belong to.</summary>
    public (IReadOnlyList<DesktopThread> Threads, IReadOnlyList<DesktopProcess> Processes) Read(IMemory memory, VirtualAddress desktop, List<Finding> findings)
    {
        var list = offsets.Prove("tagDESKTOP", "PtiList", offset => IsThreadList(memory, desktop + offset));
        if (list is not { } place)
        {
            return ([], []);
        }

        var walk = ListWalk.Read(memory, desktop + place, Limits.Windows);
        if (walk.Problem is { } problem)
        {
            findings.Add(new Finding(DesktopFindings.BrokenList, problem.TrimEnd('.')));
        }

        var threads = new List<DesktopThread>();
        var found = new Dictionary<uint, DesktopProcess>();
        foreach (var link in walk.Links)
        {
            if (ThreadOf(memory, link) is { } thread)
            {
                threads.Add(processes.Read(thread, findings, out var process));
                found.TryAdd(process.Pid, process);
            }
        }

        return (threads, [.. found.Values]);
    }

    // An empty list proves nothing: many fields may point at themselves.
    private bool IsThreadList(IMemory memory, VirtualAddress head) =>
        memory.TryReadPointer(head, out var first, out _) && first != head
        && memory.TryReadPointer(first + sizeof(ulong), out var back, out _) && back == head
        && ThreadOf(memory, first) is not null;

    private VirtualAddress? ThreadOf(IMemory memory, VirtualAddress link)
    {
        var field = offsets.Known("tagTHREADINFO", "pEThread") ?? 0;
        var place = offsets.Prove("tagTHREADINFO", "PtiLink", offset => offset <= LongestThreadInformation && IsThread(link - offset));
        return place is { } offset && IsThread(link - offset) && memory.TryReadPointer(link - offset + field, out var thread, out _) ? thread : null;

        bool IsThread(VirtualAddress information) => memory.TryReadPointer(information + field, out var candidate, out _) && processes.IsThread(candidate);
    }
}
