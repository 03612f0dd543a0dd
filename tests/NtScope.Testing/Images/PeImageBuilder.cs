using NtScope.Images;

namespace NtScope.Testing.Images;

/// <summary>
/// Builds a PE image as a linker would: own sections first, then the sections of the directories that were asked for. Everything
/// that code must know (section addresses, import slots) is fixed when it is added, so code can be written against it.
/// </summary>
public sealed partial class PeImageBuilder
{
    private const uint FileAlignment = 0x200;
    private const uint Code = 0x60000020;
    private const uint Data = 0xC0000040;
    private const uint ReadOnlyData = 0x40000040;

    private readonly List<(string Name, uint Rva, byte[] Bytes, uint VirtualSize, uint Characteristics)> _sections = [];
    private readonly List<(string Name, uint Rva, string? Forwarder)> _exports = [];
    private readonly List<(string Module, string[] Names, uint Slots, bool IsDelayLoaded)> _imports = [];
    private readonly List<uint> _relocations = [];
    private readonly List<(uint Begin, uint End, uint Unwind)> _functions = [];
    private readonly Dictionary<string, string> _versionStrings = [];
    private FileVersion? _version;
    private PdbIdentity? _pdb;
    private uint _nextSlot = 0x0400_0000;
    private (uint CookieRva, uint GuardFlags)? _loadConfiguration;

    /// <summary>A builder for this instruction set.</summary>
    public PeImageBuilder(ProcessorArchitecture architecture)
    {
        Architecture = architecture;
        PreferredBase = architecture == ProcessorArchitecture.X86 ? 0x400000u : 0x1_4000_0000u;
    }

    /// <summary>The instruction set.</summary>
    public ProcessorArchitecture Architecture { get; }

    /// <summary>Whether the image has addresses of eight bytes.</summary>
    public bool Is64Bit => Architecture != ProcessorArchitecture.X86;

    /// <summary>The preferred base.</summary>
    public ulong PreferredBase { get; set; }

    /// <summary>The name in the export directory.</summary>
    public string ModuleName { get; set; } = "test.dll";

    /// <summary>The link time.</summary>
    public uint TimeDateStamp { get; set; } = 0x5D000000;

    /// <summary>The check sum.</summary>
    public uint CheckSum { get; set; }

    /// <summary>Where the imports go, behind all sections; set it before any.</summary>
    public uint ImportRva
    {
        get;
        set
        {
            field = value;
            _nextSlot = value;
        }
    } = 0x0400_0000;

    /// <summary>The entry point.</summary>
    public uint EntryPoint { get; set; }

    /// <summary>The section alignment; below 1000h the file lies as it is mapped.</summary>
    public uint SectionAlignment { get; set; } = 0x1000;

    /// <summary>Adds a section behind the others.</summary>
    /// <returns>Its RVA.</returns>
    public uint AddSection(string name, byte[] bytes, bool executable = false)
    {
        var rva = NextRva;
        AddSectionAt(rva, name, bytes, executable);
        return rva;
    }

    /// <summary>Adds a section at an RVA of one's own choosing; sections ascend. What it has beyond its bytes is zero.</summary>
    public PeImageBuilder AddSectionAt(uint rva, string name, byte[] bytes, bool executable = false, uint virtualSize = 0)
    {
        _sections.Add((name, rva, bytes, Math.Max(virtualSize, (uint)bytes.Length), executable ? Code : Data));
        return this;
    }

    /// <summary>Where the next section goes.</summary>
    public uint NextRva => _sections.Count == 0 ? Align(0x1000, SectionAlignment) : Align(_sections[^1].Rva + _sections[^1].VirtualSize, SectionAlignment);

    /// <summary>Exports a function or variable.</summary>
    public PeImageBuilder Export(string name, uint rva)
    {
        _exports.Add((name, rva, null));
        return this;
    }

    /// <summary>Exports a name that lies in another module.</summary>
    public PeImageBuilder ExportForwarder(string name, string forwarder)
    {
        _exports.Add((name, 0, forwarder));
        return this;
    }

    /// <summary>Imports functions by name.</summary>
    /// <returns>The RVAs of their slots, in order.</returns>
    public uint[] Import(string module, params string[] names) => AddImport(module, names, isDelayLoaded: false);

    /// <summary>Imports functions by name when they are first called.</summary>
    /// <returns>The RVAs of their slots, in order.</returns>
    public uint[] ImportDelayed(string module, params string[] names) => AddImport(module, names, isDelayLoaded: true);

    /// <summary>Has the loader correct the pointer at <paramref name="rva"/>.</summary>
    public PeImageBuilder Relocate(uint rva)
    {
        _relocations.Add(rva);
        return this;
    }

    /// <summary>Names the image's symbols.</summary>
    public PeImageBuilder WithPdb(PdbIdentity pdb)
    {
        _pdb = pdb;
        return this;
    }

    /// <summary>Gives it a version resource.</summary>
    public PeImageBuilder WithVersion(FileVersion version, params (string Name, string Value)[] strings)
    {
        _version = version;
        foreach (var (name, value) in strings)
        {
            _versionStrings[name] = value;
        }

        return this;
    }

    /// <summary>Describes a function in .pdata.</summary>
    public PeImageBuilder WithFunction(uint begin, uint end, uint unwind = 0)
    {
        _functions.Add((begin, end, unwind));
        return this;
    }

    /// <summary>Gives it a load configuration.</summary>
    public PeImageBuilder WithLoadConfiguration(uint cookieRva, uint guardFlags)
    {
        _loadConfiguration = (cookieRva, guardFlags);
        return this;
    }

    /// <summary>The image, opened from the bytes of its file.</summary>
    public PeImage Open(string name = "test.dll") => PeImage.FromBytes(Build(), name);

    private static uint Align(uint value, uint alignment) => (value + alignment - 1) / alignment * alignment;

    private uint[] AddImport(string module, string[] names, bool isDelayLoaded)
    {
        var size = Is64Bit ? 8u : 4u;
        var slots = new uint[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            slots[i] = _nextSlot + ((uint)i * size);
        }

        _imports.Add((module, names, _nextSlot, isDelayLoaded));
        _nextSlot += ((uint)names.Length + 1) * size;
        return slots;
    }
}
