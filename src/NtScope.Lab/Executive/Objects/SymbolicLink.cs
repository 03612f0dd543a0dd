using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Objects;

/// <summary>A name that stands for another.</summary>
/// <param name="Target">The other name.</param>
/// <param name="Owner">The driver that made it; null for the executive.</param>
/// <param name="Address">The OBJECT_SYMBOLIC_LINK.</param>
/// <param name="Origin">The call that made it; null for the executive.</param>
internal sealed record SymbolicLink(string Target, LoadedDriver? Owner, ulong Address, StackTrace? Origin);
