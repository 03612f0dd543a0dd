namespace NtScope.Debugging.Execution;

/// <summary>A range of memory whose accesses stop a target.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Size">Its bytes: 1, 2, 4 or 8.</param>
/// <param name="WritesOnly">Whether reads do not count.</param>
public readonly record struct DataBreakpoint(VirtualAddress Address, int Size, bool WritesOnly);
