using NtScope.Reports;

namespace NtScope.Kernel.Processes;

/// <summary>Finds the session of a process: the ID in the session space that it is attached to, else the one in its token.</summary>
public sealed class SessionReader
{
    private readonly KernelContext _context;

    /// <summary>Sessions of a kernel.</summary>
    public SessionReader(KernelContext context) => _context = context;

    /// <summary>The session of a process; null if it is in none or that cannot be read, which a finding then says.</summary>
    public long? SessionOf(VirtualAddress process, ICollection<Finding>? findings = null)
    {
        var view = _context.At("_EPROCESS", process, findings);
        if (view.Pointer("Session") is not { IsZero: false } space || _context.OffsetOf("_MM_SESSION_SPACE", "SessionId") is not { } offset)
        {
            return null;
        }

        // Each session has a structure of its own; it may be mapped for the session's processes only, so it is read through this one.
        var memory = view.Number("Pcb.DirectoryTableBase") is { } root && _context.Target.AddressSpaces is { } spaces
            ? spaces.Open(new PhysicalAddress(root))
            : _context.Memory;
        if (memory.TryReadUInt32(space + offset, out var session, out var fault) || _context.Memory.TryReadUInt32(space + offset, out session, out _))
        {
            return session;
        }

        if (view.FastReference("Token") is { IsZero: false } token && _context.At("_TOKEN", token).Number("SessionId") is { } fromToken)
        {
            return (long)fromToken;
        }

        findings?.Add(new Finding(FindingKinds.Unreadable, $"The session's space cannot be read: {fault}"));
        return null;
    }
}
