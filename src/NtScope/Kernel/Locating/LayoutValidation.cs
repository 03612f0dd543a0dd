namespace NtScope.Kernel.Locating;

/// <summary>Whether structure layouts fit a machine.</summary>
/// <param name="Problem">What contradicts them, as the end of a sentence; null if nothing does.</param>
/// <param name="IsSupported">Whether the layouts may be trusted in spite of it: one field of the System process contradicts them, other processes do not.</param>
/// <param name="SystemProcess">The System process; null if it was not found.</param>
/// <param name="SystemDirectoryTable">Its root of page tables.</param>
/// <param name="ActiveProcessHead">The head of the list of processes, if it is known.</param>
public sealed record LayoutValidation(
    string? Problem,
    bool IsSupported,
    VirtualAddress? SystemProcess,
    PhysicalAddress? SystemDirectoryTable,
    VirtualAddress? ActiveProcessHead)
{
    /// <summary>Whether nothing contradicts the layouts.</summary>
    public bool IsValid => Problem is null;
}
