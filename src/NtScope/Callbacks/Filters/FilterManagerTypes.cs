using System.Diagnostics.CodeAnalysis;
using NtScope.Symbols.Types;

namespace NtScope.Callbacks.Filters;

/// <summary>The filter manager's x64 structures, as far as its filters are listed from them.</summary>
internal sealed class FilterManagerTypes : ITypeSource
{
    private const uint Pointer = sizeof(ulong);

    /// <summary>How many callback nodes an instance has room for.</summary>
    public const uint CallbackNodes = 50;

    private static readonly TypeReference Address = TypeReference.PointerTo(new TypeReference(TypeKind.Base, "void", 0), Pointer);
    private static readonly TypeReference List = new(TypeKind.Structure, "_LIST_ENTRY", 2 * Pointer);
    private static readonly TypeReference Text = new(TypeKind.Structure, "_UNICODE_STRING", 2 * Pointer);
    private static readonly TypeReference Byte = new(TypeKind.Base, "unsigned char", 1);
    private static readonly TypeReference ListHead = new(TypeKind.Structure, "_FLT_RESOURCE_LIST_HEAD", 0x80);

    private readonly Dictionary<string, StructureLayout> _structures = new(StringComparer.Ordinal);

    /// <summary>The structures with these offsets.</summary>
    public FilterManagerTypes(FilterManagerOffsets offsets)
    {
        var start = offsets.ObjectSize;
        var common = new TypeReference(TypeKind.Structure, "_FLT_OBJECT", start);
        Add("_FLT_RESOURCE_LIST_HEAD", 0x80, ("rList", 0x68, List));
        Add("_FLT_OBJECT", start, ("PrimaryLink", 0x10, List));
        Add("_GLOBALS", 0xD8, ("FrameList", 0x58, ListHead));
        Add("_FLTP_FRAME", 0x600, ("Links", 8, List), ("RegisteredFilters", 0x48, ListHead));
        Add("_FLT_FILTER", start + 0x290, ("Base", 0, common), ("Frame", start, Address), ("Name", start + 0x08, Text), ("DefaultAltitude", start + 0x18, Text),
            ("InstanceList", start + 0x38, ListHead), ("FilterUnload", start + 0xD0, Address), ("Operations", start + offsets.Operations, Address));
        Add("_FLT_INSTANCE", start + 0x220, ("Base", 0, common), ("Volume", start + 0x08, Address), ("Filter", start + 0x10, Address), ("Altitude", start + 0x20, Text),
            ("Name", start + 0x30, Text), ("FilterLink", start + 0x40, List), ("CallbackNodes", start + offsets.CallbackNodes, TypeReference.ArrayOf(Address, CallbackNodes)));
        Add("_FLT_VOLUME", start + 0x790, ("Base", 0, common), ("DeviceName", start + offsets.DeviceName, Text));
        Add("_FLT_OPERATION_REGISTRATION", 0x20, ("MajorFunction", 0, Byte), ("PreOperation", 0x08, Address), ("PostOperation", 0x10, Address));
        Add("_CALLBACK_NODE", 0x30, ("CallbackLinks", 0, List), ("Instance", 0x10, Address), ("PreOperation", 0x18, Address), ("PostOperation", 0x20, Address));
    }

    /// <inheritdoc/>
    public string Origin => "published layouts of the filter manager";

    /// <inheritdoc/>
    public int PointerSize => sizeof(ulong);

    /// <inheritdoc/>
    public IEnumerable<string> StructureNames => _structures.Keys.Order(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout) => _structures.TryGetValue(name, out layout);

    /// <inheritdoc/>
    public bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout)
    {
        layout = null;
        return false;
    }

    // A field whose place is not known is left out.
    private void Add(string name, uint size, params (string Name, uint? Offset, TypeReference Type)[] fields) =>
        _structures.Add(name, new StructureLayout(name, size, [.. fields.Where(field => field.Offset is not null).Select(field => new FieldLayout(field.Name, field.Offset!.Value, field.Type))]));
}
