using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Io;

/// <summary>Memory descriptor lists.</summary>
internal sealed class MdlManager(LabKernel kernel)
{
    private const ushort Mapped = 1;
    private const ushort Locked = 2;
    private const ushort NonPaged = 4;
    private const ushort Partial = 0x10;
    private const ulong UserEnd = 0x0000_8000_0000_0000;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>Makes an MDL for a buffer of the executive's own.</summary>
    public ulong Create(ulong buffer, uint bytes)
    {
        var pages = PagesOf(buffer, bytes);
        var mdl = kernel.Pool.Allocate(0x30 + (pages * 8), "Mdl ");
        Initialize(mdl, pages, buffer, bytes);
        return mdl;
    }

    /// <summary>Makes an MDL for a driver.</summary>
    /// <returns>0 if there is no memory or a fault is injected.</returns>
    public ulong CreateForDriver(ulong buffer, uint bytes, ulong caller)
    {
        var pages = PagesOf(buffer, bytes);
        var mdl = kernel.Pool.AllocateForDriver(0x30 + (pages * 8), Pool.PoolManager.TagOf("Mdl "), Pool.PoolKind.NonPaged, caller);
        if (mdl != 0)
        {
            _memory.Clear(mdl, (int)(0x30 + (pages * 8)));
            Initialize(mdl, pages, buffer, bytes);
        }

        return mdl;
    }

    private static ulong PagesOf(ulong buffer, uint bytes) => ((buffer & (GuestMemory.PageSize - 1)) + bytes + GuestMemory.PageSize - 1) / GuestMemory.PageSize;

    private void Initialize(ulong mdl, ulong pages, ulong buffer, uint bytes)
    {
        _memory.WriteUInt16(mdl + IoLayout.MdlSize, (ushort)Math.Min(0x30 + (pages * 8), 0xFFF8));
        _memory.WriteUInt64(mdl + IoLayout.MdlStart, buffer & ~(GuestMemory.PageSize - 1));
        _memory.WriteUInt32(mdl + IoLayout.MdlByteCount, bytes);
        _memory.WriteUInt32(mdl + IoLayout.MdlByteOffset, (uint)(buffer & (GuestMemory.PageSize - 1)));
    }

    /// <summary>Locks the pages.</summary>
    /// <exception cref="GuestException">The buffer is not there.</exception>
    public void Lock(ulong mdl, bool write)
    {
        if (IsLocked(mdl))
        {
            kernel.Verifier.Report("mdl-locked", $"the pages of MDL 0x{mdl:x} are locked a second time");
        }

        var (address, bytes) = Range(mdl);
        if (!_memory.IsValid(address, bytes, write ? Cpu.MemoryAccess.Write : Cpu.MemoryAccess.Read))
        {
            throw new GuestException(NtStatus.AccessViolation, write ? 1UL : 0, address);
        }

        SetFlags(mdl, Locked);
        WritePages(mdl);
    }

    /// <summary>Whether the pages are locked.</summary>
    public bool IsLocked(ulong mdl) => (_memory.ReadUInt16(mdl + IoLayout.MdlFlags) & (Locked | Partial)) == Locked;

    /// <summary>Unlocks the pages.</summary>
    public void Unlock(ulong mdl)
    {
        if (!IsLocked(mdl))
        {
            kernel.Verifier.Report("mdl-not-locked", $"the pages of MDL 0x{mdl:x} are unlocked and are not locked");
        }

        _memory.WriteUInt16(mdl + IoLayout.MdlFlags, (ushort)(_memory.ReadUInt16(mdl + IoLayout.MdlFlags) & ~(Locked | Mapped)));
    }

    /// <summary>Says that the buffer is nonpaged pool, which has its system address already.</summary>
    public void SetNonPaged(ulong mdl)
    {
        _memory.WriteUInt64(mdl + IoLayout.MdlMapped, Range(mdl).Address);
        SetFlags(mdl, NonPaged);
        WritePages(mdl);
    }

    /// <summary>The physical address behind an address; 0 where nothing is mapped.</summary>
    public ulong PhysicalAddress(ulong address) =>
        _memory.Find(address) is { } region ? region.Backing.Physical.Value + (address - region.Start) : 0;

    // The page numbers stand behind the MDL.
    private void WritePages(ulong mdl)
    {
        var (address, bytes) = Range(mdl);
        var first = address & ~(GuestMemory.PageSize - 1);
        var pages = (address + bytes + GuestMemory.PageSize - 1 - first) / GuestMemory.PageSize;
        kernel.Verifier.Charge((long)pages);
        for (var i = 0UL; i < pages; i++)
        {
            _memory.WriteUInt64(mdl + 0x30 + (i * 8), PhysicalAddress(first + (i * GuestMemory.PageSize)) / GuestMemory.PageSize);
        }
    }

    /// <summary>The system address of the buffer.</summary>
    /// <returns>0 if the pages are not locked or cannot be mapped.</returns>
    public ulong Map(ulong mdl)
    {
        var (address, _) = Range(mdl);
        if ((_memory.ReadUInt16(mdl + IoLayout.MdlFlags) & (Locked | NonPaged)) == 0)
        {
            kernel.Verifier.Report("mdl-not-locked", "an MDL is mapped whose pages are not locked", "MmMapLockedPagesSpecifyCache");
            return 0;
        }

        var mapped = address < UserEnd ? kernel.UserBuffers.SystemAddress(address) : address;
        if (mapped != 0)
        {
            _memory.WriteUInt64(mdl + IoLayout.MdlMapped, mapped);
            SetFlags(mdl, Mapped);
        }

        return mapped;
    }

    /// <summary>Takes the system address away.</summary>
    public void Unmap(ulong mdl) => _memory.WriteUInt16(mdl + IoLayout.MdlFlags, (ushort)(_memory.ReadUInt16(mdl + IoLayout.MdlFlags) & ~Mapped));

    /// <summary>Frees an MDL; its pages must not be locked any more.</summary>
    public void Free(ulong mdl)
    {
        if (kernel.Pool.Find(mdl) is not null && IsLocked(mdl))
        {
            kernel.Verifier.Report("mdl-locked", $"MDL 0x{mdl:x} is freed while its pages are locked");
        }

        kernel.Pool.Free(mdl);
    }

    /// <summary>Unlocks and frees an MDL of the executive's own.</summary>
    public void Release(ulong mdl)
    {
        if (IsLocked(mdl))
        {
            Unlock(mdl);
        }

        kernel.Pool.Free(mdl);
    }

    /// <summary>The buffer that an MDL describes.</summary>
    public (ulong Address, ulong Bytes) Range(ulong mdl) =>
        (_memory.ReadUInt64(mdl + IoLayout.MdlStart) + _memory.ReadUInt32(mdl + IoLayout.MdlByteOffset), _memory.ReadUInt32(mdl + IoLayout.MdlByteCount));

    private void SetFlags(ulong mdl, ushort flags) =>
        _memory.WriteUInt16(mdl + IoLayout.MdlFlags, (ushort)(_memory.ReadUInt16(mdl + IoLayout.MdlFlags) | flags));
}
