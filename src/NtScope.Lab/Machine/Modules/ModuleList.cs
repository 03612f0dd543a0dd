using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Modules;

/// <summary>The list of loaded modules and the ring of unloaded ones. Offsets are those of the x64 <c>_KLDR_DATA_TABLE_ENTRY</c>, the same in all builds.</summary>
internal sealed class ModuleList
{
    private const int EntrySize = 0xA0;
    private const int UnloadedSize = 0x28;
    private const int UnloadedCount = 50;

    private readonly MachineContext _context;
    private readonly VirtualAddress _head;
    private int _unloaded;

    /// <summary>An empty list.</summary>
    public ModuleList(MachineContext context)
    {
        _context = context;
        _head = context.Kernel.AddressOf("PsLoadedModuleList", 16);
        context.InitializeList(_head);
        var ring = context.NonPagedPool.Allocate(UnloadedCount * UnloadedSize, PoolTag.Of("MmDT"));
        context.System.WriteUInt64(context.Kernel.AddressOf("MmUnloadedDrivers"), ring.Value);
    }

    /// <summary>Enters an image.</summary>
    /// <returns>The entry.</returns>
    public VirtualAddress Add(LabImage image)
    {
        var entry = _context.NonPagedPool.Allocate(EntrySize, PoolTag.Of("MmLd"));
        var space = _context.System;
        space.WriteUInt64(entry + 0x30, image.Base.Value);
        space.WriteUInt64(entry + 0x38, (image.Base + image.EntryPoint).Value);
        space.WriteUInt32(entry + 0x40, image.Size);
        _context.WriteUnicodeString(entry + 0x48, image.Path);
        _context.WriteUnicodeString(entry + 0x58, image.Name);
        space.WriteUInt32(entry + 0x68, 0x0900_4000);
        space.WriteUInt16(entry + 0x6C, 1);
        space.WriteUInt32(entry + 0x78, image.CheckSum);
        space.WriteUInt32(entry + 0x9C, image.TimeDateStamp);
        _context.InsertTail(_head, entry);
        return entry;
    }

    /// <summary>Remembers a driver that was unloaded.</summary>
    public void AddUnloaded(string name, VirtualAddress start, uint size, long time)
    {
        var entry = _context.ReadPointer(_context.Kernel.AddressOf("MmUnloadedDrivers")) + (ulong)(_unloaded * UnloadedSize);
        _context.WriteUnicodeString(entry, name);
        _context.System.WriteUInt64(entry + 0x10, start.Value);
        _context.System.WriteUInt64(entry + 0x18, (start + size).Value);
        _context.System.WriteUInt64(entry + 0x20, (ulong)time);
        _context.System.WriteUInt32(_context.Kernel.AddressOf("MmLastUnloadedDriver", 4), (uint)++_unloaded);
    }
}
