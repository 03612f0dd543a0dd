using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Sections;

/// <summary>A mapping of a section.</summary>
/// <param name="Section">The section's object.</param>
/// <param name="Size">The bytes that are mapped.</param>
/// <param name="Owner">The driver that mapped it; null for the executive.</param>
/// <param name="Origin">The call that mapped it; null for the executive.</param>
internal sealed record SectionView(KernelObject Section, ulong Size, LoadedDriver? Owner, StackTrace? Origin);
