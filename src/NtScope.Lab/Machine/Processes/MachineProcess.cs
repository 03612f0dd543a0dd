using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Processes;

/// <summary>A process of the machine.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="ParentId">That of its creator.</param>
/// <param name="Name">Its image's name, as <c>_EPROCESS.ImageFileName</c> holds it.</param>
/// <param name="Session">Its session; null for those that belong to none.</param>
/// <param name="Object">Its <c>_EPROCESS</c>.</param>
/// <param name="Space">Its address space.</param>
public sealed record MachineProcess(uint Id, uint ParentId, string Name, uint? Session, VirtualAddress Object, LabAddressSpace Space)
{
    /// <summary>Its threads.</summary>
    public IReadOnlyList<MachineThread> Threads { get; init; } = [];

    /// <summary>Whether an attack took it out of the list of processes.</summary>
    public bool IsUnlinked { get; init; }
}
