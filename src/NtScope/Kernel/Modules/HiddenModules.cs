using System.Buffers.Binary;
using NtScope.Images;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Locating;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Pool;
using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Kernel.Modules;

/// <summary>
/// Images of the kernel's half of memory that are not in its list of loaded modules: those that a list entry in the pool, a driver object or their own
/// headers show. Files that are only cached are mapped without the right to run and laid out otherwise; they do not count.
/// </summary>
internal sealed class HiddenModules
{
    private const ulong NoExecute = 1UL << 63;
    private const ushort NativeSubsystem = 1;
    private const ulong PageMask = 0xFFF;
    private const uint LargestImage = 0x1000_0000;

    private readonly KernelContext _context;
    private readonly SurveyOptions _options;
    private readonly Dictionary<VirtualAddress, (Sighting Sighting, LoadedModule? Entry)> _found = [];

    private HiddenModules(KernelContext context, SurveyOptions options)
    {
        _context = context;
        _options = options;
    }

    /// <summary>Finds them, by address.</summary>
    public static IEnumerable<ModuleRow> Find(KernelContext context, SurveyOptions options)
    {
        var search = new HiddenModules(context, options);
        search.ScanPool();
        search.ReadDrivers();
        search.ScanHeaders();
        return search._found.OrderBy(found => found.Key).Select(found => search.RowOf(found.Key, found.Value.Sighting, found.Value.Entry));
    }

    private void ScanPool()
    {
        if (_context.Target.Physical is not { } physical)
        {
            _context.Note("The pool was not scanned: this target shows no physical memory.");
            return;
        }

        PoolScanner.Scan(physical, _context.Types.PointerSize, [PoolTag.LoadedModule], ReadEntry, _options.Progress, _options.Cancellation);
    }

    // LIST_ENTRY x 3, DllBase, EntryPoint, SizeOfImage (padded), FullDllName, BaseDllName.
    private void ReadEntry(PoolHit hit, ReadOnlySpan<byte> page)
    {
        var pointer = (int)_context.PointerSize;
        var entry = page.Length >= pointer * 15 ? page[(2 * pointer)..] : [];
        if (entry.IsEmpty)
        {
            return;
        }

        var (start, size) = (PointerAt(entry, 6 * pointer), BinaryPrimitives.ReadUInt32LittleEndian(entry[(8 * pointer)..]));
        if ((start.Value & PageMask) == 0 && size is > 0 and < LargestImage && (size & PageMask) == 0 && IsHidden(start)
            && Open(start) is { } image && image.SizeOfImage == size)
        {
            // The entry of a driver that was unloaded keeps its bytes: only an image of its size makes it one that is loaded.
            See(start, SightingSources.Pool, new LoadedModule(default, start, size, TextAt(entry, 11 * pointer), TextAt(entry, 9 * pointer)));
        }
    }

    private void ReadDrivers()
    {
        var objects = new ObjectManager(_context);
        foreach (var driver in DriverSurvey.Take(_context, objects, new ObjectNamespace(_context, objects), _options).Drivers)
        {
            if (_context.At("_DRIVER_OBJECT", driver.Address).Pointer("DriverStart") is { IsZero: false } start && (start.Value & PageMask) == 0 && IsHidden(start))
            {
                See(start, SightingSources.Drivers);
            }
        }
    }

    private void ScanHeaders()
    {
        var (address, end) = _context.PointerSize == sizeof(ulong) ? (0xFFFF_8000_0000_0000UL, 0xFFFF_FFFF_FFFF_F000UL) : (0x8000_0000UL, 0xFFFF_F000UL);
        var pages = Limits.HeaderSearchPages;
        for (; ImageHeaderSearch.TryFindNext(_context.Memory, ref address, end, ref pages, _options.Cancellation); address += PageMask + 1)
        {
            if (_context.Target.ModuleAt(new VirtualAddress(address)) is null && Open(new VirtualAddress(address)) is { } image && IsDriver(image, new VirtualAddress(address)))
            {
                See(new VirtualAddress(address), SightingSources.Headers);
            }
        }

        if (pages <= 0)
        {
            _context.Note($"The search for headers of images ended after {Limits.HeaderSearchPages} pages.");
        }
    }

    private bool IsDriver(PeImage image, VirtualAddress start) =>
        image.Subsystem == NativeSubsystem && image.PointerSize == (int)_context.PointerSize
        && image.Sections.FirstOrDefault(section => section.IsExecutable) is { } code
        && (_context.PointerSize == sizeof(ulong) ? IsExecutable(start + code.Rva) : image.Pdb is not null);

    private bool IsExecutable(VirtualAddress address) =>
        _context.Target.AddressSpaces is not { } spaces
        || (spaces.Explain(spaces.SystemDirectoryTable, address) is { Fault.IsNone: true, Steps: [.., var last] } && (last.Entry & NoExecute) == 0);

    private bool IsHidden(VirtualAddress start) => _context.Target.ModuleAt(start) is null && _context.Memory.TryReadByte(start, out _, out _);

    private PeImage? Open(VirtualAddress start)
    {
        try
        {
            return PeImage.FromMemory(_context.Memory, start, start.ToString());
        }
        catch (InputException)
        {
            return null;
        }
    }

    private void See(VirtualAddress start, string source, LoadedModule? entry = null)
    {
        if (!_found.TryGetValue(start, out var found))
        {
            if (_found.Count >= Limits.LoadedModules)
            {
                return;
            }

            found = (new Sighting(start), entry);
            _found.Add(start, found);
        }

        found.Sighting.Add(source);
    }

    private ModuleRow RowOf(VirtualAddress start, Sighting sighting, LoadedModule? entry)
    {
        var image = Open(start);
        var file = entry?.Name ?? image?.Exports.ModuleName ?? image?.Pdb?.FileName ?? start.ToString();
        return new ModuleRow(
            System.IO.Path.GetFileNameWithoutExtension(file),
            entry?.Path ?? file,
            start,
            entry?.Size ?? image?.SizeOfImage ?? 0,
            image?.Pdb?.ToString(),
            image?.TimeDateStamp,
            sighting.SeenBy,
            null,
            [_context.Target.IsModuleListWhole
                ? new Finding(FindingKinds.Unlinked, $"The image is not in the list of loaded modules; seen by {string.Join(", ", sighting.SeenBy)}")
                : new Finding("unlisted", $"The image is not in the part of the list of loaded modules that could be followed; seen by {string.Join(", ", sighting.SeenBy)}")]);
    }

    private VirtualAddress PointerAt(ReadOnlySpan<byte> bytes, int offset) => new(_context.PointerSize == sizeof(ulong)
        ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..])
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]));

    // The text of a _UNICODE_STRING that was read from physical memory.
    private string? TextAt(ReadOnlySpan<byte> bytes, int offset)
    {
        const int LongestPath = 1024;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);
        if (length is 0 or > LongestPath || length % sizeof(char) != 0)
        {
            return null;
        }

        var text = new char[length / sizeof(char)];
        return _context.Memory.TryRead(PointerAt(bytes, offset + (int)_context.PointerSize), System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()), out _)
            ? new string(text)
            : null;
    }
}
