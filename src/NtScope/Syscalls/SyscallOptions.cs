namespace NtScope.Syscalls;

/// <summary>What a list of system calls is to hold.</summary>
public sealed record SyscallOptions
{
    /// <summary>Only these tables; empty for what the target itself holds. A known build has published tables of win32k only when asked for.</summary>
    public IReadOnlyCollection<ServiceTableKind> Tables { get; init; } = [];

    /// <summary>Ends the listing.</summary>
    public CancellationToken Cancellation { get; init; }

    internal bool Wants(ServiceTableKind table) => Tables.Count == 0 || Tables.Contains(table);
}
