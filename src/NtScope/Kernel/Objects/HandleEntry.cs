namespace NtScope.Kernel.Objects;

/// <summary>An open handle.</summary>
/// <param name="Handle">Its value, a multiple of four.</param>
/// <param name="Object">What it refers to: the object's header in a process's table, the object itself in the table of process and thread IDs.</param>
/// <param name="GrantedAccess">The access mask it was opened with; 0 if the layouts do not have it.</param>
/// <param name="Place">Where the entry itself is.</param>
public readonly record struct HandleEntry(uint Handle, VirtualAddress Object, uint GrantedAccess, VirtualAddress Place)
{
    /// <summary>The object behind its header, for a handle of a process's table.</summary>
    public VirtualAddress Body(KernelContext context) => Object + (context.OffsetOf("_OBJECT_HEADER", "Body") ?? 0);
}
