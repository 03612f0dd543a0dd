using NtScope.Reports;

namespace NtScope.Kernel.Objects;

/// <summary>
/// Reads object headers: the type of an object (decoded with the cookie of Windows 10 and later), its name and its directory. Sources:
/// _OBJECT_HEADER, _OBJECT_HEADER_NAME_INFO, _OBJECT_TYPE of the target's layouts.
/// </summary>
public sealed class ObjectManager
{
    private const string Header = "_OBJECT_HEADER";
    private const byte CreatorInfo = 1;
    private const byte NameInfo = 2;

    /// <summary>The first two slots of the table of types hold no type.</summary>
    private const uint FirstTypeIndex = 2;

    private readonly KernelContext _context;
    private readonly Dictionary<VirtualAddress, string?> _typeNames = [];
    private readonly uint _bodyOffset;
    private readonly byte? _cookie;
    private Dictionary<uint, VirtualAddress>? _types;
    private VirtualAddress? _root;

    /// <summary>The object manager of a kernel.</summary>
    public ObjectManager(KernelContext context)
    {
        _context = context;
        _bodyOffset = context.OffsetOf(Header, "Body") ?? 0;
        _cookie = ReadCookie();
    }

    /// <summary>The root directory of the object namespace; null if it was not found.</summary>
    public VirtualAddress? Root => _root ??= FindRoot();

    /// <summary>The header of an object.</summary>
    public VirtualAddress HeaderOf(VirtualAddress body) => body - _bodyOffset;

    /// <summary>The type object (_OBJECT_TYPE) of an object; null if it cannot be read.</summary>
    public VirtualAddress? TypeOf(VirtualAddress body, ICollection<Finding>? findings = null)
    {
        var header = _context.At(Header, HeaderOf(body), findings);
        if (_context.Has(Header, "Type"))
        {
            return header.Pointer("Type");
        }

        return header.Number("TypeIndex") is { } stored && Types.TryGetValue(Decode(stored, header.Address), out var type) ? type : null;
    }

    /// <summary>The name of an object's type (<c>Process</c>); null if it cannot be read. Untrusted text.</summary>
    public string? TypeNameOf(VirtualAddress body, ICollection<Finding>? findings = null) => TypeOf(body, findings) is { } type ? NameOfType(type) : null;

    /// <summary>The name of a type object; null if it cannot be read.</summary>
    public string? NameOfType(VirtualAddress type)
    {
        if (!_typeNames.TryGetValue(type, out var name) && _typeNames.Count < Limits.ObjectTypes)
        {
            name = _context.At("_OBJECT_TYPE", type).Text("Name");
            _typeNames.Add(type, name);
        }

        return name;
    }

    /// <summary>The name of an object and the directory it stands in (<c>_OBJECT_HEADER_NAME_INFO</c>); nulls if it has no name.</summary>
    public (string? Name, VirtualAddress? Directory) NameOf(VirtualAddress body, ICollection<Finding>? findings = null)
    {
        var header = HeaderOf(body);
        var view = _context.At(Header, header, findings);
        ulong distance;
        if (_context.Has(Header, "InfoMask"))
        {
            var mask = view.Number("InfoMask") ?? 0;
            distance = (mask & NameInfo) == 0
                ? 0
                : _context.SizeOf("_OBJECT_HEADER_NAME_INFO") + ((mask & CreatorInfo) != 0 ? _context.SizeOf("_OBJECT_HEADER_CREATOR_INFO") : 0);
        }
        else
        {
            distance = view.Number("NameInfoOffset") ?? 0;
        }

        if (distance == 0)
        {
            return default;
        }

        var info = _context.At("_OBJECT_HEADER_NAME_INFO", header - distance, findings);
        return (info.Text("Name"), info.Pointer("Directory") is { IsZero: false } directory ? directory : null);
    }

    /// <summary>All type objects by their index: those of nt!ObTypeIndexTable, else those of the directory \ObjectTypes.</summary>
    public IReadOnlyDictionary<uint, VirtualAddress> Types => _types ??= ReadTypes();

    private uint Decode(ulong stored, VirtualAddress header) =>
        _cookie is { } cookie ? (byte)(stored ^ (header.Value >> 8) ^ cookie) : (uint)stored;

    private Dictionary<uint, VirtualAddress> ReadTypes()
    {
        var types = new Dictionary<uint, VirtualAddress>();
        if (_context.Find("ObTypeIndexTable") is { } table)
        {
            for (uint index = FirstTypeIndex; index <= byte.MaxValue; index++)
            {
                if (_context.ReadPointer(table + index * _context.PointerSize) is not { IsZero: false } type)
                {
                    break;
                }

                types.Add(index, type);
            }
        }
        else if (_context.FindPointer("PsProcessType") is { } known && NameOf(known).Directory is { } directory)
        {
            foreach (var type in ObjectDirectory.Read(_context, directory).Objects)
            {
                if (_context.At("_OBJECT_TYPE", type).Number("Index") is { } index)
                {
                    types.TryAdd((uint)index, type);
                }
            }
        }

        return types;
    }

    /// <summary>
    /// The cookie that type indices are encoded with since Windows 10: from nt!ObHeaderCookie, else worked out of the System process, whose
    /// type is known by an export. 0 where indices are not encoded; null if it cannot be told.
    /// </summary>
    private byte? ReadCookie()
    {
        if (!_context.Has(Header, "TypeIndex") || _context.Kernel.Version is { Major: < 10 })
        {
            return null;
        }

        if (_context.Find("ObHeaderCookie") is { } address && _context.Memory.TryReadByte(address, out var cookie, out _))
        {
            return cookie;
        }

        return _context.FindPointer("PsInitialSystemProcess") is { } process
            && _context.FindPointer("PsProcessType") is { } type
            && _context.At(Header, HeaderOf(process)).Number("TypeIndex") is { } stored
            && _context.At("_OBJECT_TYPE", type).Number("Index") is { } index
            && (_context.Kernel.Version is not null || stored != index)
            ? (byte)(stored ^ (HeaderOf(process).Value >> 8) ^ index)
            : null;
    }

    /// <summary>By its symbol; else a type's name info names the directory \ObjectTypes, whose own names the root.</summary>
    private VirtualAddress? FindRoot()
    {
        if (_context.FindPointer("ObpRootDirectoryObject") is { } named)
        {
            return named;
        }

        if (_context.FindPointer("PsProcessType") is { } type && NameOf(type).Directory is { } directory && NameOf(directory).Directory is { } root)
        {
            return root;
        }

        _context.Note("The root of the object namespace was not found: there is no symbol for it, and no exported object type leads to it.");
        return null;
    }
}
