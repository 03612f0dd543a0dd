using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Objects;

/// <summary>The object manager: types, objects with their headers, directories and symbolic links.</summary>
internal sealed class ObjectManager
{
    private const byte CreatorInfo = 1;
    private const byte NameInfo = 2;
    private const byte QuotaInfo = 8;
    private const byte KernelObject = 2;
    private const byte PermanentObject = 0x10;
    private const int FirstTypeIndex = 2;
    private const byte CreatorInfoFlag = 4;
    private const int HashBuckets = 37;
    private const uint TypeTableSlots = 256;
    private const uint DirectoryAccess = 0x000F_000F;

    // Bytes of the optional parts before a header, by bit of the information mask; the lowest bit's part stands nearest to it.
    private static readonly byte[] WidePartSizes = [0x20, 0x20, 0x10, 0x20, 0x10, 0x08, 0x10, 0x04];
    private static readonly byte[] NarrowPartSizes = [0x10, 0x10, 0x08, 0x10, 0x08, 0x08, 0x08, 0x04];

    private readonly MachineContext _context;
    private readonly byte _cookie;
    private readonly Dictionary<string, (int Index, VirtualAddress Type, PoolTag Tag)> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<VirtualAddress, string> _directories = [];
    private readonly byte[] _partSizes;

    // Since Windows 7 a header holds its type's index and a mask of its parts; before, the type itself and where the parts are.
    private readonly bool _hasTypeTable;
    private readonly uint _headerSize;
    private VirtualAddress _typeOfTypes;

    /// <summary>Creates types and the root of the namespace.</summary>
    public ObjectManager(MachineContext context)
    {
        _context = context;
        _hasTypeTable = LabStructure.Find(context.Types, "_OBJECT_HEADER", "InfoMask") is not null;
        _partSizes = context.IsNarrow ? NarrowPartSizes : WidePartSizes;
        _headerSize = LabStructure.Find(context.Types, "_OBJECT_HEADER", "Body")!.Offset;
        if (context.HasHeaderCookie)
        {
            _cookie = (byte)context.Random.Next(1, 256);
            context.System.WriteByte(context.Kernel.AddressOf("ObHeaderCookie", 1), _cookie);
        }

        if (_hasTypeTable)
        {
            WriteOffsets();
        }

        CreateTypes();
        Root = Create("Directory", LabStructure.SizeOf(context.Types, "_OBJECT_DIRECTORY"), "\\", default);
        _directories.Add(Root, string.Empty);
        context.System.WritePointer(context.Kernel.AddressOf("ObpRootDirectoryObject"), Root);
        PublishTypes();
    }

    /// <summary>The root directory.</summary>
    public VirtualAddress Root { get; }

    /// <summary>The object of a type.</summary>
    public VirtualAddress TypeOf(string name) => _types[name].Type;

    /// <summary>The header of an object.</summary>
    public VirtualAddress HeaderOf(VirtualAddress body) => body - _headerSize;

    /// <summary>Creates an object and enters its name in a directory.</summary>
    /// <param name="type">The name of its type.</param>
    /// <param name="size">Bytes of its body.</param>
    /// <param name="name">Its name; null for one without.</param>
    /// <param name="directory">Where its name is entered; zero for none.</param>
    /// <param name="charged">Whether it carries the part about quotas, as objects that processes own do.</param>
    /// <returns>Its body.</returns>
    public VirtualAddress Create(string type, uint size, string? name, VirtualAddress directory, bool charged = false)
    {
        var (index, typeObject, tag) = _types[type];
        var mask = (byte)((name is null ? 0 : NameInfo) | (charged ? QuotaInfo : 0) | (type == "Type" ? CreatorInfo : 0));
        var body = Allocate(index, typeObject, tag, mask, size);
        if (name is not null)
        {
            WriteName(body, mask, name, directory);
        }

        return body;
    }

    /// <summary>Creates a directory inside another.</summary>
    public VirtualAddress CreateDirectory(VirtualAddress parent, string name)
    {
        var body = Create("Directory", LabStructure.SizeOf(_context.Types, "_OBJECT_DIRECTORY"), name, parent);
        _directories.Add(body, $"{_directories[parent]}\\{name}");
        return body;
    }

    /// <summary>Creates a symbolic link.</summary>
    /// <returns>Its body.</returns>
    public VirtualAddress CreateSymbolicLink(VirtualAddress directory, string name, string target)
    {
        var body = Create("SymbolicLink", LabStructure.SizeOf(_context.Types, "_OBJECT_SYMBOLIC_LINK"), name, directory);
        var link = _context.At("_OBJECT_SYMBOLIC_LINK", body).Set("CreationTime", (ulong)LabClock.Boot);
        _context.WriteUnicodeString(link.AddressOf("LinkTarget"), target);
        return body;
    }

    /// <summary>The directory of a full name (<c>\Device</c>; empty for the root); zero if there is none.</summary>
    public VirtualAddress FindDirectory(ReadOnlySpan<char> name)
    {
        foreach (var (body, path) in _directories)
        {
            if (name.Equals(path, StringComparison.OrdinalIgnoreCase))
            {
                return body;
            }
        }

        return default;
    }

    /// <summary>Takes the name of an object out of its directory; the object lives on without one.</summary>
    public void RemoveName(VirtualAddress body)
    {
        if ((InfoMaskOf(body) & NameInfo) == 0)
        {
            return;
        }

        var part = _context.At("_OBJECT_HEADER_NAME_INFO", HeaderOf(body) - PartsOf((byte)(InfoMaskOf(body) & (NameInfo | CreatorInfo))));
        var (directory, name) = (_context.ReadPointer(part.AddressOf("Directory")), part.AddressOf("Name"));
        if (!directory.IsZero)
        {
            part.Set("Directory", 0);
            Leave(directory, body);
        }

        if (_context.ReadPointer(name + sizeof(ulong)) is { IsZero: false } text)
        {
            _context.PagedPool.Free(text);
            _context.System.Write(name, stackalloc byte[16]);
        }
    }

    /// <summary>Frees an object, its name first.</summary>
    public void Delete(VirtualAddress body)
    {
        RemoveName(body);
        _context.NonPagedPool.Free(HeaderOf(body) - PartsOf(InfoMaskOf(body)));
    }

    /// <summary>Takes an object's entry out of a directory and leaves the object as it is.</summary>
    public void Remove(VirtualAddress directory, VirtualAddress body)
    {
        var buckets = _context.At("_OBJECT_DIRECTORY", directory).AddressOf("HashBuckets");
        for (var bucket = 0u; bucket < HashBuckets; bucket++)
        {
            var link = buckets + bucket * (uint)_context.System.PointerSize;
            while (_context.ReadPointer(link) is { IsZero: false } entry)
            {
                var structure = _context.At("_OBJECT_DIRECTORY_ENTRY", entry);
                if (_context.ReadPointer(structure.AddressOf("Object")) == body)
                {
                    _context.System.WritePointer(link, _context.ReadPointer(structure.AddressOf("ChainLink")));
                    return;
                }

                link = structure.AddressOf("ChainLink");
            }
        }

        throw new InvalidOperationException($"the directory at {directory} has no object at {body}");
    }

    /// <summary>Counts a handle to an object.</summary>
    public void AddHandle(VirtualAddress body)
    {
        var count = HeaderOf(body) + _context.PointerSize;
        _context.System.WritePointer(count, _context.ReadPointer(count) + 1);
    }

    /// <summary>The hash by which a directory finds a name: letters in upper case, each mixed in.</summary>
    public static uint HashOf(string name)
    {
        var hash = 0u;
        foreach (var letter in name)
        {
            hash = unchecked(hash + (hash << 1) + (hash >> 1) + char.ToUpperInvariant(letter));
        }

        return hash;
    }

    private byte InfoMaskOf(VirtualAddress body) => _context.System.Span(_context.At("_OBJECT_HEADER", HeaderOf(body)).AddressOf("InfoMask"), 1)[0];

    private void Leave(VirtualAddress directory, VirtualAddress body)
    {
        var buckets = _context.At("_OBJECT_DIRECTORY", directory).AddressOf("HashBuckets");
        for (var bucket = 0ul; bucket < HashBuckets; bucket++)
        {
            var slot = buckets + bucket * sizeof(ulong);
            for (var count = 0; count < LabLimits.Links && _context.ReadPointer(slot) is { IsZero: false } address; count++)
            {
                var entry = _context.At("_OBJECT_DIRECTORY_ENTRY", address);
                if (_context.ReadPointer(entry.AddressOf("Object")) == body)
                {
                    _context.System.WriteUInt64(slot, _context.ReadPointer(entry.AddressOf("ChainLink")).Value);
                    _context.PagedPool.Free(address);
                    return;
                }

                slot = entry.AddressOf("ChainLink");
            }
        }
    }

    private void WriteOffsets()
    {
        var table = _context.Kernel.AddressOf("ObpInfoMaskToOffset", 256);
        for (var mask = 0; mask < 256; mask++)
        {
            _context.System.WriteByte(table + (ulong)mask, (byte)PartsOf((byte)mask));
        }
    }

    private uint PartsOf(byte mask)
    {
        var size = 0u;
        for (var bit = 0; bit < _partSizes.Length; bit++)
        {
            size += (mask >> bit & 1) != 0 ? _partSizes[bit] : 0u;
        }

        return size;
    }

    private VirtualAddress Allocate(int typeIndex, VirtualAddress typeObject, PoolTag tag, byte mask, uint size)
    {
        // Up to Windows 7 the tags of objects are protected.
        tag = _context.Version.Build < 9200 ? new PoolTag(tag.Value | PoolTag.Protected) : tag;
        var parts = PartsOf(mask);
        var address = _context.NonPagedPool.Allocate((int)(parts + _headerSize + size), tag) + parts;
        var header = _context.At("_OBJECT_HEADER", address).Set("PointerCount", 32769).Set("HandleCount", 0);
        if (_hasTypeTable)
        {
            header.Set("TypeIndex", (byte)(typeIndex ^ (_context.HasHeaderCookie ? _cookie ^ (byte)(address.Value >> 8) : 0)))
                .Set("InfoMask", mask)
                .Set("Flags", KernelObject | PermanentObject);
        }
        else
        {
            header.Set("Type", typeObject)
                .Set("NameInfoOffset", (mask & NameInfo) != 0 ? PartsOf((byte)(mask & (NameInfo | CreatorInfo))) : 0)
                .Set("QuotaInfoOffset", (mask & QuotaInfo) != 0 ? PartsOf((byte)(mask & (QuotaInfo | NameInfo | CreatorInfo))) : 0)
                .Set("Flags", (ulong)(KernelObject | PermanentObject | ((mask & CreatorInfo) != 0 ? CreatorInfoFlag : 0)));
        }

        return address + _headerSize;
    }

    private void WriteName(VirtualAddress body, byte mask, string name, VirtualAddress directory)
    {
        var part = _context.At("_OBJECT_HEADER_NAME_INFO", HeaderOf(body) - PartsOf((byte)(mask & (NameInfo | CreatorInfo)))).SetIfPresent("ReferenceCount", 1);
        _context.WriteUnicodeString(part.AddressOf("Name"), name);
        if (!directory.IsZero)
        {
            part.Set("Directory", directory);
            Enter(directory, body, name);
        }
    }

    private void Enter(VirtualAddress directory, VirtualAddress body, string name)
    {
        var hash = HashOf(name);
        var bucket = _context.At("_OBJECT_DIRECTORY", directory).AddressOf("HashBuckets") + hash % HashBuckets * _context.PointerSize;
        var entry = _context.At("_OBJECT_DIRECTORY_ENTRY", _context.PagedPool.Allocate((int)LabStructure.SizeOf(_context.Types, "_OBJECT_DIRECTORY_ENTRY"), PoolTag.Of("ObDi")))
            .Set("ChainLink", _context.ReadPointer(bucket))
            .Set("Object", body)
            .SetIfPresent("HashValue", hash);
        _context.System.WritePointer(bucket, entry.Address);
    }

    private void CreateTypes()
    {
        var plans = ObjectTypePlan.All.Where(plan => _context.Version.Build >= plan.FirstBuild && _context.Version.Build <= plan.LastBuild).ToArray();
        var table = VirtualAddress.Zero;
        if (_hasTypeTable)
        {
            table = _context.Kernel.AddressOf("ObTypeIndexTable", TypeTableSlots * _context.PointerSize);
            _context.System.WritePointer(table + _context.PointerSize, new VirtualAddress(0xBAD0_B0B0));
        }

        var size = LabStructure.SizeOf(_context.Types, "_OBJECT_TYPE");
        for (var number = 0; number < plans.Length; number++)
        {
            var (plan, index) = (plans[number], number + FirstTypeIndex);
            var body = Allocate(FirstTypeIndex, _typeOfTypes, PoolTag.Of("ObjT"), CreatorInfo | NameInfo, size);
            if (_typeOfTypes.IsZero)
            {
                _typeOfTypes = body;
                _context.At("_OBJECT_HEADER", HeaderOf(body)).SetIfPresent("Type", body);
            }

            var type = _context.At("_OBJECT_TYPE", body)
                .Set("Index", (ulong)index)
                .Set("TypeInfo.Length", LabStructure.SizeOf(_context.Types, "_OBJECT_TYPE_INITIALIZER"))
                .Set("TypeInfo.ValidAccessMask", plan.Name == "Directory" ? DirectoryAccess : 0x001F_FFFF)
                .Set("Key", PoolTag.Of(plan.Tag).Value);
            _context.WriteUnicodeString(type.AddressOf("Name"), plan.Name);
            _context.InitializeList(type.AddressOf("TypeList"));
            if (type.Has("CallbackList"))
            {
                _context.InitializeList(type.AddressOf("CallbackList"));
            }

            if (plan.Name is "Process" or "Thread" || (plan.Name == "Desktop" && _context.Version.Build >= 10240))
            {
                type.SetIfPresent("TypeInfo.SupportsObjectCallbacks", 1);
            }

            if (_hasTypeTable)
            {
                _context.System.WritePointer(table + (ulong)index * _context.PointerSize, body);
            }

            _types.Add(plan.Name, (index, body, PoolTag.Of(plan.Tag)));
            if (plan.Variable is { } variable)
            {
                _context.System.WritePointer(_context.Kernel.AddressOf(variable), body);
            }
        }
    }

    private void PublishTypes()
    {
        var directory = CreateDirectory(Root, "ObjectTypes");
        _context.System.WritePointer(_context.Kernel.AddressOf("ObpTypeDirectoryObject"), directory);
        foreach (var (name, (_, body, _)) in _types)
        {
            WriteName(body, CreatorInfo | NameInfo, name, directory);
        }
    }
}
