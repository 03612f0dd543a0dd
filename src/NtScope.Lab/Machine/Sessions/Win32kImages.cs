using NtScope.Knowledge;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;

namespace NtScope.Lab.Machine.Sessions;

/// <summary>
/// The images of win32k in session space, the same pages in each session. Up to build 10586 win32k.sys has the routines itself; since 14393 its entries are
/// stubs that go through imports from win32kbase.sys and win32kfull.sys.
/// </summary>
internal sealed class Win32kImages
{
    private const int SplitSince = 14393;
    private const uint CodeRva = 0x1000;
    private const uint RoutineSize = 0x40;
    private const uint ConstantsRva = 0x2_0000;
    private const uint ArgumentsRva = ConstantsRva + 0x4000;
    private const uint SlotsRva = ConstantsRva + 0x5000;
    private const uint ExportsRva = ConstantsRva + 0xB000;
    private const uint FilterRva = ConstantsRva + 0x2_2000;
    private const uint FilterArgumentsRva = FilterRva + 0x4000;
    private const uint IdentityRva = ConstantsRva + 0x2_8000;
    private const uint VariablesRva = ConstantsRva + 0x2_9000;
    private const uint ResourceRva = ConstantsRva + 0x2_B000;
    private const uint RelocationsRva = ConstantsRva + 0x2_C000;
    private const uint ImageSize = ConstantsRva + 0x2_E000;
    private const ulong ImageSpacing = 0x10_0000;
    private const ushort NativeSubsystem = 1;

    private readonly MachineContext _context;
    private readonly VirtualAddress _start;
    private readonly string[] _services;
    private readonly List<LabImage> _images = [];
    private readonly List<MemoryRegion> _regions = [];
    private readonly List<ImagePart> _linked = [];
    private LabAddressSpace? _space;

    /// <summary>The images of a machine, not mapped yet.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="start">Where the first of them goes.</param>
    public Win32kImages(MachineContext context, VirtualAddress start)
    {
        _context = context;
        _start = start;
        var tables = KnowledgeBase.Embedded.PublishedTables;
        var published = tables.ForBuild(context.Known.Architecture, ServiceTableKind.Win32k, context.Version.Build)
            ?? tables.Where(table => table.Architecture == context.Known.Architecture && table.Table == ServiceTableKind.Win32k)
            .OrderBy(table => Math.Abs(table.Build - context.Version.Build)).ThenBy(table => table.Build).First();
        const int Win32kBit = 0x1000;
        _services = [.. Enumerable.Repeat(string.Empty, published.Services.Max(service => service.Index) - Win32kBit + 1)];
        foreach (var service in published.Services.Reverse())
        {
            _services[service.Index - Win32kBit] = service.Name;
        }
    }

    /// <summary>The images, win32k.sys first; empty before the first session maps them.</summary>
    public IReadOnlyList<LabImage> Images => _images;

    /// <summary>The names of the services by index; empty for one that nobody has published.</summary>
    public IReadOnlyList<string> Services => _services;

    /// <summary>Where the service table is.</summary>
    public VirtualAddress Table => _start + ConstantsRva;

    /// <summary>Where the routine of a service is that the table leads to.</summary>
    public VirtualAddress RoutineOf(int index) => _start + RoutineRva(index);

    /// <summary>Whether there is a second table, for processes under a system call filter.</summary>
    private bool HasFilterTable => IsSplit && !_context.IsNarrow;

    private bool IsSplit => _context.Version.Build >= SplitSince;

    /// <summary>The images with what their files differ in: the service table and the stubs of win32k.sys as they were linked.</summary>
    public IEnumerable<MachineImage> Files => _images.Select(image => new MachineImage(image, _space!, image.Base == _start
        ? [.. _context.IsNarrow ? [] : _linked, TableAsLinked(ConstantsRva), .. HasFilterTable ? [TableAsLinked(FilterRva)] : Array.Empty<ImagePart>()]
        : []));

    /// <summary>Maps the images for a session; the first time writes them.</summary>
    public void Map(LabAddressSpace space)
    {
        if (_space is null)
        {
            _space = space;
            Write();
            return;
        }

        foreach (var region in _regions)
        {
            space.Map(region.Start, region.Physical, region.Length, region.Access);
        }
    }

    private void Write()
    {
        var parts = IsSplit ? new[] { WriteParts("win32kbase.sys", 1), WriteParts("win32kfull.sys", 2) } : [];
        var image = Describe("win32k.sys", 0);
        MapImage(image);
        var writer = new ImageWriter(_space!, image.Base);
        if (IsSplit)
        {
            WriteStubs(writer, parts);
        }
        else
        {
            WriteRoutines(image.Base, image.Name);
        }

        WriteTable(image.Base, ConstantsRva, ArgumentsRva);
        if (HasFilterTable)
        {
            WriteTable(image.Base, FilterRva, FilterArgumentsRva);
        }

        // x86 does not export its table.
        var exports = _context.IsNarrow
            ? new Dictionary<string, uint>(StringComparer.Ordinal) { ["EngAllocMem"] = CodeRva }
            : new Dictionary<string, uint>(StringComparer.Ordinal)
            {
                ["W32pServiceTable"] = ConstantsRva,
                ["W32pServiceLimit"] = ArgumentsRva - 8,
                ["W32pArgumentTable"] = ArgumentsRva,
            };
        if (HasFilterTable)
        {
            exports.Add("W32pServiceTableFilter", FilterRva);
            exports.Add("W32pServiceLimitFilter", FilterArgumentsRva - 8);
            exports.Add("W32pArgumentTableFilter", FilterArgumentsRva);
        }

        Finish(writer, image, exports, isLibrary: false);
        _images.Insert(0, image);
        PublishTable();
    }

    // Which half of win32k has a service is not known; every second one is as good as another.
    private static bool IsInBase(int index) => index % 2 == 0;

    private (LabImage Image, Dictionary<string, uint> Exports) WriteParts(string name, int place)
    {
        var image = Describe(name, place);
        MapImage(image);
        WriteRoutines(image.Base, name);
        var exports = new Dictionary<string, uint>(StringComparer.Ordinal);
        for (var index = 0; index < _services.Length; index++)
        {
            if (IsInBase(index) == (place == 1) && _services[index].Length > 0)
            {
                exports.TryAdd(_services[index], RoutineRva(index));
            }
        }

        Finish(new ImageWriter(_space!, image.Base), image, exports, isLibrary: true);
        _images.Add(image);
        return (image, exports);
    }

    private static uint RoutineRva(int index) => CodeRva + (uint)index * RoutineSize;

    private LabImage Describe(string name, int place)
    {
        var stamp = RoutineBytes.Hash(name + _context.Version) & 0x7FFF_FFFF;
        return new LabImage(name, $@"\SystemRoot\System32\{name}", _start + (ulong)place * ImageSpacing, ImageSize, CodeRva, stamp, stamp ^ 0x7272,
            DriverImageWriter.Identity(Path.GetFileNameWithoutExtension(name), _context.Version));
    }

    private void MapImage(LabImage image) => _regions.Add(_space!.Allocate(image.Base, image.Size, PageAccess.Write | PageAccess.Execute));

    private void WriteRoutines(VirtualAddress start, string name)
    {
        for (var index = 0; index < _services.Length; index++)
        {
            _space!.Write(start + RoutineRva(index), _context.Code($"{name}!{_services[index]}", (int)RoutineSize));
        }
    }

    private void WriteStubs(ImageWriter writer, (LabImage Image, Dictionary<string, uint> Exports)[] parts)
    {
        var imports = parts.Select(part => (part.Image.Name, (IReadOnlyList<KeyValuePair<string, VirtualAddress>>)
            [.. part.Exports.Select(export => KeyValuePair.Create(export.Key, part.Image.Base + export.Value))])).ToArray();
        var slots = new Dictionary<string, uint>(StringComparer.Ordinal);
        var slot = SlotsRva;
        foreach (var (_, functions) in imports)
        {
            foreach (var function in functions)
            {
                slots[function.Key] = slot;
                slot += _context.PointerSize;
            }

            slot += _context.PointerSize;
        }

        writer.WriteImports(ExportsRva + 0x1000, SlotsRva, imports);
        for (var index = 0; index < _services.Length; index++)
        {
            if (_services[index].Length == 0)
            {
                _space!.Write(_start + RoutineRva(index), _context.Code($"win32k{index}", (int)RoutineSize));
                continue;
            }

            var (image, functions) = parts[IsInBase(index) ? 0 : 1];
            var linked = Win32kStub.AsLinked(_context, _start, RoutineRva(index), slots[_services[index]], isChecked: !IsInBase(index));
            _linked.Add(new ImagePart(RoutineRva(index), linked));
            _space!.Write(RoutineOf(index), Win32kStub.AsLoaded(linked, RoutineOf(index), image.Base + functions[_services[index]]));
        }
    }

    private void WriteTable(VirtualAddress start, uint table, uint arguments)
    {
        ServiceEntries.Write(_space!, start + table, start + arguments, _services.Select((name, index) => (name, start + RoutineRva(index))));
        _space!.WriteUInt32(start + arguments - 8, (uint)_services.Length);
    }

    private ImagePart TableAsLinked(uint table) =>
        new(table, ServiceTableFile.Encode(_services.Select((_, index) => RoutineRva(index)), room: 0, ServiceTableFile.PointerSizeOf(_context)));

    private void Finish(ImageWriter writer, LabImage image, Dictionary<string, uint> exports, bool isLibrary)
    {
        var place = isLibrary || !IsSplit ? ExportsRva : ExportsRva + 0x800;
        writer.WriteExports(isLibrary ? SlotsRva : place, image.Name, image.TimeDateStamp, exports);
        writer.WriteDebugDirectory(IdentityRva, image.Pdb, image.TimeDateStamp);
        writer.WriteVersion(ResourceRva, image.Name, image.Name, _context.Version);
        writer.WriteRelocations(RelocationsRva, isLibrary ? [] : ServiceTableFile.Relocations(ConstantsRva, _services.Length, ServiceTableFile.PointerSizeOf(_context)));
        writer.WriteHeaders(image, _context.Version, NativeSubsystem, isLibrary,
        [
            new ImageSectionPlan(".text", CodeRva, ConstantsRva - CodeRva, ImageSectionPlan.Code),
            new ImageSectionPlan(".rdata", ConstantsRva, VariablesRva - ConstantsRva, ImageSectionPlan.Constants),
            new ImageSectionPlan(".data", VariablesRva, ResourceRva - VariablesRva, ImageSectionPlan.Variables),
            new ImageSectionPlan(".rsrc", ResourceRva, RelocationsRva - ResourceRva, ImageSectionPlan.Constants),
            new ImageSectionPlan(".reloc", RelocationsRva, ImageSize - RelocationsRva, ImageSectionPlan.Discardable),
        ]);
    }

    private void PublishTable()
    {
        var descriptor = _context.Kernel.AddressOf(KernelImageWriter.ShadowTable, KernelImageWriter.DescriptorsSize) + 4 * _context.PointerSize;
        ServiceEntries.WriteDescriptor(_context.System, descriptor, Table, _services.Length, _start + ArgumentsRva);
        if (HasFilterTable && _context.Kernel.TryGetRva(KernelImageWriter.FilterTable, out _))
        {
            var filter = _context.Kernel.AddressOf(KernelImageWriter.FilterTable, KernelImageWriter.DescriptorsSize) + 4 * _context.PointerSize;
            ServiceEntries.WriteDescriptor(_context.System, filter, _start + FilterRva, _services.Length, _start + FilterArgumentsRva);
        }
    }
}
