namespace NtScope.Kernel.Objects;

/// <summary>An open handle.</summary>
/// <param name="Handle">Its value, a multiple of four.</param>
/// <param name="Object">What it refers to: the object's header in a process's table, the object itself in the table of process and thread IDs.</param>
/// <param name="GrantedAccess">The access mask it was opened with; 0 if the layouts do not have it.</param>
public readonly record struct HandleEntry(uint Handle, VirtualAddress Object, uint GrantedAccess);
