namespace NtScope.Lab.Drivers;

/// <summary>The machine cannot go on: a bug check, an executive routine that is not implemented, or a budget that is used up.</summary>
public sealed class MachineStoppedException(LabFinding finding) : Exception(finding.ToString())
{
    /// <summary>What happened. It is also among the machine's findings.</summary>
    public LabFinding Finding { get; } = finding;
}
