namespace NtScope.Syscalls;

/// <summary>Where win32k.sys hands a service on to.</summary>
/// <param name="Name">The function's name, if the way there names it; null behind a slot of an API set.</param>
/// <param name="Module">The module or API set that has it: <c>win32kfull.sys</c>, <c>ext-ms-win-core-win32k-base-export-l1-1-0</c>.</param>
/// <param name="Table">The exported array of an API set's host that holds the function's address; null for an import.</param>
/// <param name="Position">The place in that array, from 0.</param>
public sealed record HandedOnService(string? Name, string? Module, string? Table, int Position);
