using NtScope.Lab.Machine.Memory;
using NtScope.Symbols.Types;

namespace NtScope.Lab.Machine.Objects;

/// <summary>A handle table as the kernel keeps it for a process, or for process and thread identifiers. One or two levels.</summary>
internal sealed class HandleTable
{
    private const uint HandleStep = 4;

    private readonly MachineContext _context;
    private readonly FieldLayout? _pointerBits;
    private readonly uint _entrySize;
    private readonly uint _entriesPerPage;
    private readonly VirtualAddress _firstPage;
    private VirtualAddress _directory;
    private uint _next = HandleStep;

    /// <summary>An empty table.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="processId">The process that owns it; 0 for the system's own tables.</param>
    public HandleTable(MachineContext context, ulong processId)
    {
        _context = context;
        _pointerBits = LabStructure.Find(context.Types, "_HANDLE_TABLE_ENTRY", "ObjectPointerBits");
        _entrySize = 2 * context.PointerSize;
        _entriesPerPage = PhysicalRam.PageSize / _entrySize;
        _firstPage = context.PagedPool.Allocate(PhysicalRam.PageSize, PoolTag.Of("Obtb"));
        Address = context.PagedPool.Allocate((int)LabStructure.SizeOf(context.Types, "_HANDLE_TABLE"), PoolTag.Of("Obtb"));
        Structure.Set("TableCode", _firstPage).SetIfPresent("UniqueProcessId", processId);
        context.InitializeList(Structure.AddressOf("HandleTableList"));
    }

    /// <summary>The <c>_HANDLE_TABLE</c>.</summary>
    public VirtualAddress Address { get; }

    private LabStructure Structure => _context.At("_HANDLE_TABLE", Address);

    /// <summary>Enters a pointer under the next free value.</summary>
    /// <param name="pointer">An object's header in a process's table, its body in the table of identifiers. A multiple of two pointers' size.</param>
    /// <param name="access">The access that was granted.</param>
    /// <returns>The handle.</returns>
    public uint Add(VirtualAddress pointer, uint access)
    {
        var handle = _next;
        AddAt(handle, pointer, access);
        return handle;
    }

    /// <summary>Enters a pointer under a given value, a multiple of 4.</summary>
    public void AddAt(uint handle, VirtualAddress pointer, uint access)
    {
        var entry = EntryOf(handle);
        var shift = _context.PointerSize == sizeof(ulong) ? 4 : 3;
        var low = _pointerBits is { } bits ? pointer.Value >> shift << bits.BitPosition | 1 : pointer.Value | 1;
        _context.System.WritePointer(entry, new VirtualAddress(low));
        _context.System.WritePointer(entry + _context.PointerSize, new VirtualAddress(access));
        _next = Math.Max(_next, handle + HandleStep);
        _ = Structure.SetIfPresent("NextHandleNeedingPool", Capacity()).SetIfPresent("HandleCount", _next / HandleStep - 1);
    }

    /// <summary>Takes an entry out.</summary>
    public void Remove(uint handle) => _context.System.Write(EntryOf(handle), stackalloc byte[(int)_entrySize]);

    private uint Capacity() => (_next / HandleStep + _entriesPerPage - 1) / _entriesPerPage * _entriesPerPage * HandleStep;

    private VirtualAddress EntryOf(uint handle)
    {
        var (page, entry) = Math.DivRem(handle / HandleStep, _entriesPerPage);
        var start = page == 0 ? _firstPage : PageAt(page);
        return start + entry * _entrySize;
    }

    private VirtualAddress PageAt(uint page)
    {
        if (_directory.IsZero)
        {
            _directory = _context.PagedPool.Allocate(PhysicalRam.PageSize, PoolTag.Of("Obtb"));
            _context.System.WritePointer(_directory, _firstPage);
            Structure.Set("TableCode", _directory.Value | 1);
        }

        var slot = _directory + page * _context.PointerSize;
        if (_context.ReadPointer(slot) is { IsZero: false } known)
        {
            return known;
        }

        var created = _context.PagedPool.Allocate(PhysicalRam.PageSize, PoolTag.Of("Obtb"));
        _context.System.WritePointer(slot, created);
        return created;
    }
}
