namespace NtScope.Lab.Machine.Attacks;

/// <summary>What an attack changed: what a reader should find.</summary>
/// <param name="Attack">The attack.</param>
/// <param name="Name">What was changed: a service, a process, a desktop, an event.</param>
/// <param name="Address">Where it was changed.</param>
/// <param name="Target">What it leads to now; zero where that makes no sense.</param>
/// <param name="Session">The only session whose memory was changed; null where that makes no sense.</param>
public sealed record PlantedTrace(LabAttack Attack, string Name, VirtualAddress Address, VirtualAddress Target = default, uint? Session = null);
