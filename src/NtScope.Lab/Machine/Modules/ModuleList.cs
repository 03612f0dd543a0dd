using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Modules;

/// <summary>
/// The list of loaded modules and the ring of unloaded ones. Offsets are those of <c>_KLDR_DATA_TABLE_ENTRY</c>, the same in all builds of an architecture:
/// counted in pointers up to the flags, apart behind them.
/// </summary>
internal sealed class ModuleList
{
    /// <summary>The flag of an image that was linked with /integritycheck.</summary>
    public const uint IntegrityForced = 0x20;

    /// <summary>Where the flags of an entry are in the 64-bit form.</summary>
    public const ulong WideFlags = 0x68;

    private const int EntrySize = 0xA0;
    private const int UnloadedCount = 50;

    private readonly MachineContext _context;
    private readonly VirtualAddress _head;
    private readonly uint _pointer;
    private readonly int _unloadedSize;
    private readonly Dictionary<LabImage, VirtualAddress> _entries = [];
    private int _unloaded;

    /// <summary>An empty list.</summary>
    public ModuleList(MachineContext context)
    {
        _context = context;
        _pointer = context.PointerSize;
        _unloadedSize = 4 * (int)_pointer + sizeof(ulong);
        _head = context.Kernel.AddressOf("PsLoadedModuleList", 16);
        context.InitializeList(_head);
        var ring = context.NonPagedPool.Allocate(UnloadedCount * _unloadedSize, PoolTag.Of("MmDT"));
        context.System.WritePointer(context.Kernel.AddressOf("MmUnloadedDrivers"), ring);
    }

    /// <summary>Enters an image.</summary>
    /// <returns>The entry.</returns>
    public VirtualAddress Add(LabImage image)
    {
        var entry = _context.NonPagedPool.Allocate(EntrySize, PoolTag.Of("MmLd"));
        var space = _context.System;
        space.WritePointer(entry + 6 * _pointer, image.Base);
        space.WritePointer(entry + 7 * _pointer, image.Base + image.EntryPoint);
        space.WriteUInt32(entry + 8 * _pointer, image.Size);
        _context.WriteUnicodeString(entry + 9 * _pointer, image.Path);
        _context.WriteUnicodeString(entry + 11 * _pointer, image.Name);
        var flags = entry + 13 * _pointer;
        space.WriteUInt32(flags, 0x0900_4000 | (image.ForcesIntegrity ? IntegrityForced : 0));
        space.WriteUInt16(flags + 4, 1);
        space.WriteUInt32(flags + 8 + _pointer, image.CheckSum);
        if (_pointer == sizeof(ulong))
        {
            space.WriteUInt32(entry + 0x9C, image.TimeDateStamp);
        }

        _context.InsertTail(_head, entry);
        _entries[image] = entry;
        return entry;
    }

    /// <summary>Takes an image out, and remembers that it was there.</summary>
    /// <param name="entry">Its entry.</param>
    /// <param name="image">The image.</param>
    /// <param name="time">When, as a Windows file time.</param>
    public void Remove(VirtualAddress entry, LabImage image, long time)
    {
        _context.Unlink(entry);
        _context.PagedPool.Free(_context.ReadPointer(entry + 10 * _pointer));
        _context.PagedPool.Free(_context.ReadPointer(entry + 12 * _pointer));
        _context.NonPagedPool.Free(entry);
        AddUnloaded(image.Name, image.Base, image.Size, time);
    }

    /// <summary>Takes an image out of the list.</summary>
    /// <returns>Its entry, which stays where it is.</returns>
    public VirtualAddress Unlink(LabImage image)
    {
        _context.Unlink(_entries[image]);
        return _entries[image];
    }

    /// <summary>Remembers a driver that was unloaded; the oldest of fifty gives way.</summary>
    public void AddUnloaded(string name, VirtualAddress start, uint size, long time)
    {
        var entry = _context.ReadPointer(_context.Kernel.AddressOf("MmUnloadedDrivers")) + (ulong)(_unloaded % UnloadedCount * _unloadedSize);
        if (_context.ReadPointer(entry + _pointer) is { IsZero: false } oldest)
        {
            _context.PagedPool.Free(oldest);
        }

        _context.WriteUnicodeString(entry, name);
        _context.System.WritePointer(entry + 2 * _pointer, start);
        _context.System.WritePointer(entry + 3 * _pointer, start + size);
        _context.System.WriteUInt64(entry + 4 * _pointer, (ulong)time);
        _context.System.WriteUInt32(_context.Kernel.AddressOf("MmLastUnloadedDriver", 4), (uint)(_unloaded % UnloadedCount) + 1);
        _unloaded++;
    }
}
