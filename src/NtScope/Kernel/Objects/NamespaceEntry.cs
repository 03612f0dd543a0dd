using NtScope.Reports;

namespace NtScope.Kernel.Objects;

/// <summary>An object of the namespace.</summary>
/// <param name="Path">Its full path (<c>\Device\HarddiskVolume1</c>). Untrusted text.</param>
/// <param name="Name">Its own name.</param>
/// <param name="TypeName">Its type's name; null if it cannot be read.</param>
/// <param name="Object">Where its body is.</param>
/// <param name="Findings">What could not be read of it.</param>
public sealed record NamespaceEntry(string Path, string Name, string? TypeName, VirtualAddress Object, IReadOnlyList<Finding> Findings);
