using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Machine.Kernel;

namespace NtScope.Lab.Executive.Calls;

/// <summary>
/// Addresses of executive routines as drivers see them: those of the routines in the kernel's image. The processor stops at each on a
/// <c>hlt; ret</c> that stands over the routine's first bytes as a debugger's breakpoint does, and the executive does the work.
/// </summary>
internal sealed unsafe class TrapTable
{
    // Where the services of a real kernel return to: the end of most stacks.
    private const string ReturnPlace = "KiSystemServiceCopyEnd";
    private const uint RoutineBytes = 16;
    private const ushort HaltReturn = 0xC3F4;
    private readonly GuestMemory _memory;
    private readonly KernelImage _image;
    private readonly Dictionary<ulong, ApiEntry> _entries = [];
    private readonly Dictionary<string, ulong> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, ushort> _originals = [];

    /// <summary>The traps of a kernel's image.</summary>
    public TrapTable(GuestMemory memory, KernelImage image)
    {
        (_memory, _image) = (memory, image);
        ReturnAddress = AddressOf(new ApiEntry(ReturnPlace, Irql.High, null));
    }

    /// <summary>Where driver routines return to.</summary>
    public ulong ReturnAddress { get; }

    /// <summary>The address of a routine; the same for every caller.</summary>
    public ulong AddressOf(ApiEntry entry)
    {
        if (!_byName.TryGetValue(entry.Name, out var address))
        {
            address = (_image.Base + _image.Routine(entry.Name, RoutineBytes)).Value;

            // Names that a kernel folds into one routine share its address if they do the same here, too: ExFreePool has no tag to check.
            if (_entries.TryGetValue(address, out var other) && other.Handler != entry.Handler)
            {
                address = (_image.Base + _image.Routine(entry.Name + "Thunk", RoutineBytes)).Value;
            }

            _byName.Add(entry.Name, address);
            if (_entries.TryAdd(address, entry))
            {
                PutIn(address);
            }
        }

        return address;
    }

    /// <summary>Whether the kernel's image has a place for a routine of this name.</summary>
    public bool HasRoom(string name) => _byName.ContainsKey(name) || _image.HasRoom(name, RoutineBytes);

    /// <summary>The routine whose trap is at an address, or null.</summary>
    public ApiEntry? EntryAt(ulong address) => _entries.GetValueOrDefault(address);

    /// <summary>Whether an address lies in the kernel's image where no trap is: nothing there can run.</summary>
    public bool IsWild(ulong address) => address - _image.Base.Value < _image.Size && !_entries.ContainsKey(address);

    /// <summary>What the traps stand over: two bytes at each address.</summary>
    public IReadOnlyDictionary<ulong, ushort> Originals => _originals;

    /// <summary>Shows the routines' own bytes, for as long as no driver runs.</summary>
    public void TakeOut()
    {
        foreach (var (address, original) in _originals)
        {
            *(ushort*)_memory.Pointer(address, sizeof(ushort)) = original;
        }
    }

    /// <summary>Puts the traps in again.</summary>
    public void PutBack()
    {
        foreach (var address in _entries.Keys)
        {
            PutIn(address);
        }
    }

    private void PutIn(ulong address)
    {
        var bytes = (ushort*)_memory.Pointer(address, sizeof(ushort));
        _originals[address] = *bytes;
        *bytes = HaltReturn;
    }
}
