using NtScope.Images;

namespace NtScope.Syscalls.Verification;

/// <summary>A service table as it should be.</summary>
internal sealed record ExpectedTable
{
    /// <summary>Which table.</summary>
    public required ServiceTableKind Kind { get; init; }

    /// <summary>Whether it is win32k's second table, for processes under a system call filter.</summary>
    public bool IsFilter { get; init; }

    /// <summary>The module that owns it.</summary>
    public required Module Module { get; init; }

    /// <summary>The memory in which the module is mapped: the system's, or a session's.</summary>
    public required IMemory Memory { get; init; }

    /// <summary>Where the table is, in bytes from the module's base.</summary>
    public required uint TableRva { get; init; }

    /// <summary>Where the number of services stands.</summary>
    public uint? LimitRva { get; init; }

    /// <summary>Where the argument bytes stand.</summary>
    public uint? ArgumentTableRva { get; init; }

    /// <summary>How many services there are; null if only memory says.</summary>
    public int? Count { get; init; }

    /// <summary>Where the routine of each service is, in bytes from the module's base; empty if nothing says.</summary>
    public IReadOnlyList<uint?> Routines { get; init; } = [];

    /// <summary>The stack arguments of each service; empty if nothing says.</summary>
    public IReadOnlyList<int?> StackArguments { get; init; } = [];

    /// <summary>What all this rests on.</summary>
    public required VerificationEvidence Evidence { get; init; }

    /// <summary>The module's file; null without one.</summary>
    public PeImage? File { get; init; }

    /// <summary>The session whose memory it is read from; null for the system's.</summary>
    public SessionSpace? Session { get; init; }

    /// <summary>Where the module begins.</summary>
    public VirtualAddress Base => Module.Base!.Value;

    /// <summary>The number of services that the image's own variable says in this memory; null if there is none or it cannot be read.</summary>
    public uint? LimitInMemory => LimitRva is { } rva && Memory.TryReadUInt32(Base + rva, out var limit, out _) ? limit : null;

    /// <summary>Where the table begins.</summary>
    public VirtualAddress Start => Base + TableRva;
}
