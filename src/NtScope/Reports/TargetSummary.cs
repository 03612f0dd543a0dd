namespace NtScope.Reports;

/// <summary>What a report was made from, as the report's reader needs to know it.</summary>
/// <param name="Name">The target as the user named it, or what NtScope calls it.</param>
/// <param name="Kind"><c>image</c>, <c>folder</c>, <c>known-build</c>, <c>capture</c>, <c>live</c>, <c>lab</c>, <c>process</c>.</param>
/// <param name="Architecture"><c>x86</c>, <c>x64</c>, <c>arm64</c>, or null if it does not apply.</param>
/// <param name="Version">The file version of the kernel or the image, or null if it has none.</param>
/// <param name="Pdb">PDB file name, GUID and age as <c>name GUIDage</c>, or null if there is none.</param>
public sealed record TargetSummary(string Name, string Kind, string? Architecture, string? Version, string? Pdb);
