using System.Buffers.Binary;
using System.Text;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Symbols;
using NtScope.Symbols.Types;

namespace NtScope.Testing.Kernel;

/// <summary>
/// The memory of a small machine with the names and layouts of a real kernel: an image of zeros whose variables tests set, and a pool. It is
/// mapped in one piece, virtual to physical. Objects get real headers: pool header, name, encoded type index.
/// </summary>
public sealed class FakeKernel : IMemory, IPhysicalMemory, IAddressSpaces
{
    private const ulong PhysicalStart = 0x10_0000;
    private const uint PoolSize = 4u << 20;
    private const byte Cookie = 0x5A;
    private const byte NameInfo = 2;

    private readonly byte[] _bytes;
    private readonly Dictionary<string, (VirtualAddress Type, byte Index)> _types = new(StringComparer.Ordinal);
    private readonly uint _imageSize;
    private readonly byte? _cookie;
    private uint _used;

    /// <summary>An empty machine with a kernel of the knowledge whose symbols are known.</summary>
    public FakeKernel(string version = "10.0.19041.1288")
    {
        _ = FileVersion.TryParse(version, out var parsed);
        Known = KnowledgeBase.Embedded.FindKernel(parsed) ?? throw new ArgumentException("no such kernel", nameof(version));
        Symbols = Known.Symbols ?? throw new ArgumentException("no symbols of this kernel", nameof(version));
        _ = Symbols.TryGetNearest(uint.MaxValue, out var last);
        _imageSize = (last.Rva + 0x2000) & ~0xFFFu;
        _bytes = new byte[_imageSize + PoolSize];
        _used = _imageSize;
        _cookie = parsed.Major >= 10 ? Cookie : null;
        if (_cookie is not null)
        {
            WriteByte(Symbol("ObHeaderCookie"), Cookie);
        }

        foreach (var (name, index) in new[] { ("Type", 2), ("Directory", 3), ("SymbolicLink", 4), ("Process", 7), ("Thread", 8), ("Driver", 9), ("Device", 10), ("WindowStation", 11), ("Desktop", 12) })
        {
            AddType(name, (byte)index);
        }
    }

    /// <summary>The kernel as known.</summary>
    public KnownKernel Known { get; }

    /// <summary>Its names; a test may leave some out.</summary>
    public ISymbolSource Symbols { get; set; }

    /// <summary>Modules besides the kernel.</summary>
    public List<Module> OtherModules { get; } = [];

    /// <summary>Where the kernel's image begins.</summary>
    public VirtualAddress Base { get; } = new(0xFFFFF800_10000000);

    /// <inheritdoc/>
    public int PointerSize => 8;

    /// <inheritdoc/>
    public IReadOnlyList<PhysicalRange> Ranges => [new PhysicalRange(new PhysicalAddress(PhysicalStart), (ulong)_bytes.Length)];

    /// <inheritdoc/>
    public PhysicalAddress SystemDirectoryTable => new(0x1AD000);

    private ITypeSource Types => Known.Types;

    /// <summary>The machine as a target.</summary>
    /// <param name="types">Layouts that a symbol file claims; null for those that the machine is made of.</param>
    public Target ToTarget(ITypeSource? types = null) => new()
    {
        Kind = TargetKind.Capture,
        Summary = new TargetSummary("fake", "capture", "x64", Known.Version.ToString(), Known.Pdb.ToString()),
        Architecture = ProcessorArchitecture.X64,
        Memory = this,
        Physical = this,
        AddressSpaces = this,
        Types = types ?? Types,
        Modules =
        [
            new Module { Name = "nt", Path = "ntoskrnl.exe", Base = Base, Size = _imageSize, Pdb = Known.Pdb, Version = Known.Version, Symbols = Symbols },
            .. OtherModules,
        ],
    };

    /// <summary>The end of what was allocated.</summary>
    public VirtualAddress PoolEnd => Base + _used;

    /// <summary>Flips bits of a byte.</summary>
    public void Flip(VirtualAddress place, byte bits) => At(place, 1)[0] ^= bits;

    /// <summary>Where a variable of the kernel is.</summary>
    public VirtualAddress Symbol(string name) =>
        Known.Symbols!.TryGetRva(name, out var rva) ? Base + rva : throw new ArgumentException($"no symbol {name}", nameof(name));

    /// <summary>Where a field is in its structure, by path.</summary>
    public uint OffsetOf(string structure, string path)
    {
        uint offset = 0;
        foreach (var name in path.Split('.'))
        {
            if (!Types.TryGetStructure(structure, out var layout) || !layout.TryGetField(name, out var field))
            {
                throw new ArgumentException($"no field {structure}.{name}", nameof(path));
            }

            offset += field.Offset;
            structure = field.Type.Name;
        }

        return offset;
    }

    /// <summary>The size of a structure.</summary>
    public uint SizeOf(string structure) => Types.TryGetStructure(structure, out var layout) ? layout.Size : throw new ArgumentException($"no {structure}", nameof(structure));

    /// <summary>Zeroed pool behind a pool header with a tag.</summary>
    public VirtualAddress Allocate(string tag, uint size)
    {
        var header = Base + _used;
        Encoding.ASCII.GetBytes(tag, At(header + 4, 4));
        _used += (size + 0x1F) & ~0xFu;
        return header + 0x10;
    }

    /// <summary>An object with its headers.</summary>
    public VirtualAddress CreateObject(string typeName, string structure, string? name = null, VirtualAddress directory = default, string tag = "Obj ")
    {
        var nameSize = name is null ? 0 : SizeOf("_OBJECT_HEADER_NAME_INFO");
        var bodyOffset = OffsetOf("_OBJECT_HEADER", "Body");
        var start = Allocate(tag, nameSize + bodyOffset + SizeOf(structure));
        var header = start + nameSize;
        if (name is not null)
        {
            WriteText(start + OffsetOf("_OBJECT_HEADER_NAME_INFO", "Name"), name);
            WritePointer(start + OffsetOf("_OBJECT_HEADER_NAME_INFO", "Directory"), directory);
            WriteByte(header + OffsetOf("_OBJECT_HEADER", "InfoMask"), NameInfo);
        }

        SetType(header + bodyOffset, typeName);
        if (!directory.IsZero)
        {
            AddToDirectory(directory, header + bodyOffset);
        }

        return header + bodyOffset;
    }

    /// <summary>Gives an object a type.</summary>
    public void SetType(VirtualAddress body, string typeName)
    {
        var header = body - OffsetOf("_OBJECT_HEADER", "Body");
        var index = _types.TryGetValue(typeName, out var type) ? type.Index : (byte)0;
        WriteByte(header + OffsetOf("_OBJECT_HEADER", "TypeIndex"), _cookie is { } cookie ? (byte)(index ^ (byte)(header.Value >> 8) ^ cookie) : index);
    }

    /// <summary>The type object of a name.</summary>
    public VirtualAddress TypeObject(string typeName) => _types[typeName].Type;

    /// <summary>An empty list.</summary>
    public void InitializeList(VirtualAddress head)
    {
        WritePointer(head, head);
        WritePointer(head + 8, head);
    }

    /// <summary>Puts an entry at a list's end.</summary>
    public void InsertTail(VirtualAddress head, VirtualAddress entry)
    {
        var last = ReadPointer(head + 8);
        WritePointer(entry, head);
        WritePointer(entry + 8, last);
        WritePointer(last, entry);
        WritePointer(head + 8, entry);
    }

    /// <summary>Takes an entry out of its list, as a rootkit does: its own links stay.</summary>
    public void Unlink(VirtualAddress entry)
    {
        var next = ReadPointer(entry);
        var previous = ReadPointer(entry + 8);
        WritePointer(previous, next);
        WritePointer(next + 8, previous);
    }

    /// <summary>Writes a counted string and its buffer.</summary>
    public void WriteText(VirtualAddress place, string text)
    {
        var buffer = Allocate("Text", (uint)text.Length * 2);
        Encoding.Unicode.GetBytes(text, At(buffer, text.Length * 2));
        BinaryPrimitives.WriteUInt16LittleEndian(At(place, 2), (ushort)(text.Length * 2));
        BinaryPrimitives.WriteUInt16LittleEndian(At(place + 2, 2), (ushort)(text.Length * 2));
        WritePointer(place + 8, buffer);
    }

    /// <summary>Writes bytes.</summary>
    public void Write(VirtualAddress place, ReadOnlySpan<byte> bytes) => bytes.CopyTo(At(place, bytes.Length));

    /// <summary>Writes a byte.</summary>
    public void WriteByte(VirtualAddress place, byte value) => At(place, 1)[0] = value;

    /// <summary>Writes eight bytes.</summary>
    public void WriteNumber(VirtualAddress place, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(At(place, 8), value);

    /// <summary>Writes a pointer.</summary>
    public void WritePointer(VirtualAddress place, VirtualAddress value) => WriteNumber(place, value.Value);

    /// <summary>Reads a pointer.</summary>
    public VirtualAddress ReadPointer(VirtualAddress place) => new(BinaryPrimitives.ReadUInt64LittleEndian(At(place, 8)));

    /// <inheritdoc/>
    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault) =>
        Copy(address - Base, address.Value, destination, out fault);

    /// <inheritdoc/>
    public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault) =>
        Copy(address.Value - PhysicalStart, address.Value, destination, out fault);

    /// <inheritdoc/>
    public IMemory Open(PhysicalAddress directoryTable) => this;

    /// <inheritdoc/>
    public Translation Explain(PhysicalAddress directoryTable, VirtualAddress address) => address - Base < (ulong)_bytes.Length
        ? new Translation(address, directoryTable, [], new PhysicalAddress(address - Base + PhysicalStart), 0x1000, default)
        : new Translation(address, directoryTable, [], null, 0, new ReadFault(ReadFaultKind.NotPresent, address.Value));

    private void AddType(string name, byte index)
    {
        var type = CreateObject("Type", "_OBJECT_TYPE", name);
        _types.Add(name, (type, index));
        SetType(type, "Type");
        WriteText(type + OffsetOf("_OBJECT_TYPE", "Name"), name);
        WriteByte(type + OffsetOf("_OBJECT_TYPE", "Index"), index);
        InitializeList(type + OffsetOf("_OBJECT_TYPE", "CallbackList"));

        // Unused slots would end the table: they repeat the type before.
        for (var slot = index; slot < 14; slot++)
        {
            WritePointer(Symbol("ObTypeIndexTable") + slot * 8u, type);
        }
    }

    private void AddToDirectory(VirtualAddress directory, VirtualAddress body)
    {
        var entry = Allocate("ObDi", SizeOf("_OBJECT_DIRECTORY_ENTRY"));
        var bucket = directory + OffsetOf("_OBJECT_DIRECTORY", "HashBuckets") + body.Value / 16 % 37 * 8;
        WritePointer(entry + OffsetOf("_OBJECT_DIRECTORY_ENTRY", "ChainLink"), ReadPointer(bucket));
        WritePointer(entry + OffsetOf("_OBJECT_DIRECTORY_ENTRY", "Object"), body);
        WritePointer(bucket, entry);
    }

    private int Copy(ulong offset, ulong address, Span<byte> destination, out ReadFault fault)
    {
        var length = offset < (ulong)_bytes.Length ? (int)Math.Min((ulong)destination.Length, (ulong)_bytes.Length - offset) : 0;
        fault = length == destination.Length ? default : new ReadFault(ReadFaultKind.NotPresent, address + (ulong)length);
        _bytes.AsSpan((int)Math.Min(offset, (ulong)_bytes.Length), length).CopyTo(destination);
        return length;
    }

    private Span<byte> At(VirtualAddress place, int length) => _bytes.AsSpan(checked((int)(place - Base)), length);
}
