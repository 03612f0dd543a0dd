using System.Globalization;

namespace NtScope.Symbols.Pdb;

/// <summary>The record of a structure, class, union or enumeration.</summary>
internal readonly record struct TypeDefinition(TypeLeaf Leaf, string Name, uint Size, uint FieldList, uint UnderlyingType, bool IsForward)
{
    private const ushort ForwardReference = 0x80;

    public bool IsUnion => Leaf == TypeLeaf.Union;

    public bool IsEnumeration => Leaf == TypeLeaf.Enumeration;

    /// <summary>Whether a record defines (or announces) such a type. Nameless ones get their index into the name.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, uint index, out TypeDefinition definition)
    {
        var record = new RecordReader(bytes);
        var leaf = (TypeLeaf)record.ReadUInt16();
        definition = default;
        if (leaf is not (TypeLeaf.Structure or TypeLeaf.Class or TypeLeaf.Interface or TypeLeaf.Union or TypeLeaf.Enumeration))
        {
            return false;
        }

        record.Skip(2);
        var properties = record.ReadUInt16();
        var underlying = leaf == TypeLeaf.Enumeration ? record.ReadUInt32() : 0;
        var fieldList = record.ReadUInt32();
        record.Skip(leaf is TypeLeaf.Union or TypeLeaf.Enumeration ? 0 : 8);
        var size = leaf == TypeLeaf.Enumeration ? 0 : record.ReadNumber();
        var name = record.ReadName();
        if (record.Failed || size is < 0 or > uint.MaxValue)
        {
            return false;
        }

        if (name is "" or "__unnamed" or "<unnamed-tag>" or "<anonymous-tag>" || name.StartsWith("<unnamed-type-", StringComparison.Ordinal))
        {
            name = (name.Length == 0 ? "<unnamed-tag>" : name) + "@" + index.ToString("x", CultureInfo.InvariantCulture);
        }

        definition = new TypeDefinition(leaf, name, (uint)size, fieldList, underlying, (properties & ForwardReference) != 0);
        return true;
    }
}
