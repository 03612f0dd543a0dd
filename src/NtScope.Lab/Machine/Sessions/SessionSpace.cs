using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Machine.Sessions;

/// <summary>What one session maps for its processes: its own pool and win32k.</summary>
/// <param name="Number">The session's number.</param>
/// <param name="First">Its first process, whose address space holds its memory.</param>
/// <param name="Pool">Its pool: threads, desktop heaps, windows.</param>
/// <param name="Structure">Its <c>_MM_SESSION_SPACE</c>.</param>
/// <param name="WindowStations">The directory of its window stations.</param>
internal sealed record SessionSpace(uint Number, MachineProcess First, KernelPool Pool, LabStructure Structure, VirtualAddress WindowStations)
{
    /// <summary>The memory that its processes share.</summary>
    public LabAddressSpace Space => First.Space;
}
