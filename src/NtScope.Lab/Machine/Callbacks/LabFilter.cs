namespace NtScope.Lab.Machine.Callbacks;

/// <summary>A minifilter of the machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Altitude">Its altitude.</param>
/// <param name="Object">Its <c>_FLT_FILTER</c>.</param>
/// <param name="Volumes">The volumes that it has an instance on.</param>
/// <param name="Operations">The operations that it watches: the major function, the routines before and after, zero for none.</param>
public sealed record LabFilter(
    string Name,
    string Altitude,
    VirtualAddress Object,
    IReadOnlyList<string> Volumes,
    IReadOnlyList<(byte MajorFunction, VirtualAddress Before, VirtualAddress After)> Operations);
