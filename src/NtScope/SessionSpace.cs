namespace NtScope;

/// <summary>
/// A session as memory shows it: up to Windows 10 its win32k is mapped only in its own processes, so session addresses are read through one of them
/// (<see cref="IAddressSpaces.Open"/>).
/// </summary>
/// <param name="Number">The session's number; null if it could not be read.</param>
/// <param name="DirectoryTable">The root of page tables of a process of the session.</param>
/// <param name="Process">That process (_EPROCESS).</param>
public sealed record SessionSpace(uint? Number, PhysicalAddress DirectoryTable, VirtualAddress Process);
