namespace NtScope.Syscalls;

/// <summary>A place where a service table may be, as one witness says.</summary>
/// <param name="TableRva">Where the table would begin.</param>
/// <param name="Evidence">What says so; a sentence without a full stop.</param>
/// <param name="LimitRva">Where the number of services would stand; null if the witness does not say.</param>
/// <param name="ArgumentTableRva">Where the argument bytes would be; null if the witness does not say.</param>
/// <param name="IsFilter">Whether it would be a filter table.</param>
internal readonly record struct ServiceTableCandidate(
    uint TableRva, string Evidence, uint? LimitRva = null, uint? ArgumentTableRva = null, bool IsFilter = false);
