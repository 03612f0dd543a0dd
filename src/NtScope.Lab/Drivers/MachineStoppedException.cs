namespace NtScope.Lab.Drivers;

/// <summary>The machine cannot go on: a bug check, an executive routine that is not implemented, or a budget that is used up.</summary>
/// <param name="finding">What happened.</param>
/// <param name="cause">The mistake of the lab itself that stopped it; null for one of a driver.</param>
public sealed class MachineStoppedException(LabFinding finding, Exception? cause = null) : Exception(finding.ToString(), cause)
{
    /// <summary>What happened. It is also among the machine's findings.</summary>
    public LabFinding Finding { get; } = finding;
}
