namespace NtScope.Lab.Machine.Memory;

/// <summary>
/// A run of memory that is contiguous three times over: in virtual addresses, in physical memory and in the host's. An emulator maps
/// <see cref="Host"/> at <see cref="Start"/>; a capture saves it at <see cref="Physical"/>. All lengths are whole 4 KiB pages.
/// </summary>
/// <param name="Start">Its first virtual address.</param>
/// <param name="Physical">Its first physical address.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Host">Where the host holds it. Valid until the <see cref="PhysicalRam"/> is disposed.</param>
/// <param name="Access">What the page tables allow on it.</param>
public sealed record MemoryRegion(VirtualAddress Start, PhysicalAddress Physical, ulong Length, nint Host, PageAccess Access)
{
    /// <summary>The first address behind it.</summary>
    public VirtualAddress End => Start + Length;

    /// <summary>Whether <paramref name="address"/> lies in it.</summary>
    public bool Contains(VirtualAddress address) => address >= Start && address - Start < Length;
}
