using NtScope.Symbols;
using NtScope.Symbols.Types;
using NtScope.Testing.Symbols;

namespace NtScope.Fuzz;

/// <summary>PDB files of format 7.00.</summary>
internal sealed class PdbFuzzTarget : IFuzzTarget
{
    public string Name => "pdb";

    public IReadOnlyList<byte[]> Seeds { get; } = [Build(0x200, scatter: false), Build(0x400, scatter: true), Build(0x1000, scatter: false)];

    public void Read(byte[] input)
    {
        var pdb = PdbFile.FromBytes(input, "input");
        _ = pdb.Identity;
        foreach (var symbol in pdb.Symbols.All())
        {
            pdb.Symbols.TryGetNearest(symbol.Rva, out _);
        }

        foreach (var name in pdb.Types.StructureNames)
        {
            pdb.Types.TryGetStructure(name, out _);
        }
    }

    private static TypeReference Number { get; } = new(TypeKind.Base, "long", 4);

    private static byte[] Build(int blockSize, bool scatter) => new PdbBuilder(Guid.Parse("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36"), 1, ProcessorArchitecture.X64) { BlockSize = blockSize, Scatter = scatter }
        .Section(".text", 0x1000, 0x1000)
        .Section(".data", 0x2000, 0x1000, 0xC0000040)
        .Public("NtCreateFile", 0x1010)
        .Public("KiServiceTable", 0x2010, isFunction: false)
        .Procedure("Helper", 0x1100, 0x20)
        .Data("Counter", 0x2100)
        .Type(new StructureLayout("_POINT", 8, [new FieldLayout("x", 0, Number), new FieldLayout("y", 4, Number)]))
        .Build();
}
