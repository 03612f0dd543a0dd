using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Calls;

/// <summary>
/// Addresses of executive routines as drivers see them. Each is a <c>hlt; ret</c> of its own inside the range of the kernel image:
/// the processor stops there and the executive does the work. The first one is where driver routines return to.
/// </summary>
internal sealed class TrapTable
{
    /// <summary>Where the traps lie: inside the place of the kernel image.</summary>
    public const ulong Start = KernelImage.Base + 0x100000;

    private const int SlotBytes = 16;
    private const int Capacity = 0x10000 / SlotBytes;
    private readonly List<ApiEntry> _entries = [new ApiEntry("return to the executive", Irql.High, null)];
    private readonly Dictionary<string, ulong> _byName = new(StringComparer.Ordinal);

    /// <summary>Maps the traps.</summary>
    public TrapTable(GuestMemory memory)
    {
        var region = memory.Map("nt", Start, Capacity * SlotBytes, MemoryAccess.Read | MemoryAccess.Execute);
        unsafe
        {
            for (var i = 0; i < Capacity; i++)
            {
                region.Host[i * SlotBytes] = 0xF4;
                region.Host[(i * SlotBytes) + 1] = 0xC3;
            }
        }
    }

    /// <summary>Where driver routines return to.</summary>
    public static ulong ReturnAddress => Start;

    /// <summary>The address of a routine; the same for every caller.</summary>
    public ulong AddressOf(ApiEntry entry)
    {
        if (!_byName.TryGetValue(entry.Name, out var address))
        {
            if (_entries.Count == Capacity)
            {
                throw new InvalidOperationException("there are more imported names than traps");
            }

            address = Start + ((ulong)_entries.Count * SlotBytes);
            _entries.Add(entry);
            _byName.Add(entry.Name, address);
        }

        return address;
    }

    /// <summary>The routine whose trap covers an address, or null.</summary>
    public ApiEntry? EntryAt(ulong address)
    {
        var index = (address - Start) / SlotBytes;
        return index < (ulong)_entries.Count ? _entries[(int)index] : null;
    }
}
