using NtScope.Images;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Modules;
using NtScope.Symbols;

namespace NtScope.Lab.Executive.Modules;

/// <summary>An image in the machine's memory.</summary>
internal sealed class LoadedDriver(string name, PeImage image, GuestRegion region, ControlRegisterPatch patch, string? path)
{
    private const int ExceptionDirectory = 3;
    private readonly uint _exceptionRva = ReadDirectory(region, ExceptionDirectory);
    private readonly Lazy<ISymbolSource?> _symbols = new(() => DriverSymbols.Find(path, image));

    /// <summary>The file name.</summary>
    public string Name { get; } = name;

    /// <summary>The file as parsed.</summary>
    public PeImage Image { get; } = image;

    /// <summary>Where it lies.</summary>
    public GuestRegion Region { get; } = region;

    /// <summary>The base address.</summary>
    public ulong Base => Region.Start;

    /// <summary>The replaced CR8 moves.</summary>
    public ControlRegisterPatch Patch { get; } = patch;

    /// <summary>Names from a PDB beside the file; null without one.</summary>
    public ISymbolSource? Symbols => _symbols.Value;

    /// <summary>The image as the list of modules has it.</summary>
    public LabImage ListedImage { get; } = new(
        name, @"\SystemRoot\System32\drivers\" + name, region.Backing.Start, image.SizeOfImage, image.EntryPoint, image.TimeDateStamp, image.CheckSum,
        image.Pdb ?? new PdbIdentity(string.Empty, Guid.Empty, 0))
    {
        ForcesIntegrity = image.ForcesIntegrity,
    };

    /// <summary>The entry in the list of modules (KLDR_DATA_TABLE_ENTRY).</summary>
    public VirtualAddress ListEntry { get; set; }

    /// <summary>The file, or null for one that was loaded from bytes.</summary>
    public string? Path { get; } = path;

    /// <summary>The DRIVER_OBJECT.</summary>
    public ulong DriverObject { get; set; }

    /// <summary>Names of imports that the executive does not implement.</summary>
    public List<string> Unimplemented { get; } = [];

    /// <summary>The place of a RUNTIME_FUNCTION in the image.</summary>
    public uint RuntimeFunctionRva(uint begin)
    {
        var index = Image.RuntimeFunctions.Begins.BinarySearch(begin);
        return index < 0 ? 0 : _exceptionRva + ((uint)index * 12);
    }

    /// <summary>Whether all of it may be paged out (MmPageEntireDriver).</summary>
    public bool IsEntirelyPageable { get; set; }

    /// <summary>Sections that are locked in memory (MmLockPagableDataSection), by RVA, with how often.</summary>
    public Dictionary<uint, int> LockedSections { get; } = [];

    /// <summary>Whether an address lies in a section that may be paged out.</summary>
    public bool IsPageable(ulong address) =>
        Image.SectionAt((uint)(address - Base)) is { } section
        && (IsEntirelyPageable || section.Name.StartsWith("PAGE", StringComparison.Ordinal)) && !LockedSections.ContainsKey(section.Rva);

    /// <summary>Whether the list of modules says that the image was linked with /integritycheck.</summary>
    public bool ForcesIntegrity(GuestMemory memory) => (memory.ReadUInt32(ListEntry.Value + ModuleList.WideFlags) & ModuleList.IntegrityForced) != 0;

    private static unsafe uint ReadDirectory(GuestRegion region, int index)
    {
        var headers = *(uint*)(region.Host + 0x3C);
        var at = headers + 24 + 112 + ((uint)index * 8);
        return at + 8 <= region.Size ? *(uint*)(region.Host + at) : 0;
    }
}
