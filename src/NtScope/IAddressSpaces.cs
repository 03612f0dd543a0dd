namespace NtScope;

/// <summary>
/// The address spaces of one machine whose page tables are readable. <see cref="Target.Memory"/> is the system's; a process has its own, and up
/// to Windows 10 a session's win32k is mapped only in those of its processes.
/// </summary>
public interface IAddressSpaces
{
    /// <summary>The root of the system's page tables: CR3 without its flag bits.</summary>
    PhysicalAddress SystemDirectoryTable { get; }

    /// <summary>The address space under <paramref name="directoryTable"/>; the same object for the same root. Flag bits of CR3 are ignored.</summary>
    /// <param name="directoryTable">The root, as <c>_KPROCESS.DirectoryTableBase</c> holds it. Any value is allowed; what it cannot translate fails on read.</param>
    IMemory Open(PhysicalAddress directoryTable);

    /// <summary>Says how <paramref name="address"/> translates under <paramref name="directoryTable"/>, or why not.</summary>
    Translation Explain(PhysicalAddress directoryTable, VirtualAddress address);
}
