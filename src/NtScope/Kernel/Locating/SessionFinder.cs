using NtScope.Symbols.Types;

namespace NtScope.Kernel.Locating;

/// <summary>Finds one process of each session along the list of processes.</summary>
public static class SessionFinder
{
    // _DISPATCHER_HEADER.Type, the first byte of a process.
    private const int DispatcherTypeMask = 0x7F;
    private const int ProcessObject = 3;

    /// <summary>One process of each session, in list order; processes outside every session (System) are left out.</summary>
    /// <param name="memory">The system's address space.</param>
    /// <param name="types">Layouts that were validated.</param>
    /// <param name="systemProcess">The System process, where the walk begins and ends.</param>
    public static IReadOnlyList<SessionSpace> Find(IMemory memory, ITypeSource types, VirtualAddress systemProcess)
    {
        if (!types.TryGetStructure("_EPROCESS", out var process)
            || !types.TryGetStructure("_KPROCESS", out var kernelProcess)
            || !process.TryGetField("ActiveProcessLinks", out var links)
            || !process.TryGetField("Session", out var session)
            || !kernelProcess.TryGetField("DirectoryTableBase", out var table))
        {
            return [];
        }

        FieldLayout? number = null;
        if (types.TryGetStructure("_MM_SESSION_SPACE", out var sessionSpace))
        {
            sessionSpace.TryGetField("SessionId", out number);
        }

        var sessions = new Dictionary<VirtualAddress, SessionSpace>();
        var seen = new HashSet<VirtualAddress>();
        var entry = systemProcess + links.Offset;
        while (sessions.Count < Limits.Sessions && seen.Add(entry) && seen.Count <= Limits.Processes && memory.TryReadPointer(entry, out var next, out _))
        {
            // The head of the list lies among the kernel's variables, not in a process.
            var candidate = entry - links.Offset;
            if (memory.TryReadByte(candidate, out var kind, out _) && (kind & DispatcherTypeMask) == ProcessObject
                && memory.TryReadPointer(candidate + session.Offset, out var space, out _) && !space.IsZero && !sessions.ContainsKey(space)
                && memory.TryReadPointer(candidate + table.Offset, out var root, out _) && !root.IsZero)
            {
                var id = number is not null && memory.TryReadUInt32(space + number.Offset, out var read, out _) ? read : (uint?)null;
                sessions[space] = new SessionSpace(id, new PhysicalAddress(root.Value), candidate);
            }

            entry = next;
        }

        return [.. sessions.Values];
    }
}
