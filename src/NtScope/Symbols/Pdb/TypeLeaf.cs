namespace NtScope.Symbols.Pdb;

/// <summary>The kinds of CodeView type records, and of the entries of a field list, that layouts need (<c>LEAF_ENUM_e</c> of cvinfo.h).</summary>
internal enum TypeLeaf : ushort
{
    Modifier = 0x1001,
    Pointer = 0x1002,
    Procedure = 0x1008,
    MemberFunction = 0x1009,
    FieldList = 0x1203,
    BitField = 0x1205,
    BaseClass = 0x1400,
    VirtualBaseClass = 0x1401,
    IndirectVirtualBaseClass = 0x1402,
    Continuation = 0x1404,
    VirtualFunctionTable = 0x1409,
    VirtualFunctionOffset = 0x140c,
    Enumerate = 0x1502,
    Array = 0x1503,
    Class = 0x1504,
    Structure = 0x1505,
    Union = 0x1506,
    Enumeration = 0x1507,
    Member = 0x150d,
    StaticMember = 0x150e,
    Method = 0x150f,
    NestedType = 0x1510,
    OneMethod = 0x1511,
    NestedTypeExtended = 0x1512,
    Interface = 0x1519,
}
