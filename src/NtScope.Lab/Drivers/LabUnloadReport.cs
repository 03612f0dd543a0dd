namespace NtScope.Lab.Drivers;

/// <summary>What is known of a driver once it is gone.</summary>
/// <param name="Status">Success, or why the driver could not be unloaded.</param>
/// <param name="Findings">Everything it did wrong since it was loaded, and what it left behind.</param>
public sealed record LabUnloadReport(NtStatus Status, IReadOnlyList<LabFinding> Findings);
