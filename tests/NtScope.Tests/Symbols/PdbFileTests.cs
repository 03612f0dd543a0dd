using System.IO.Compression;
using NtScope.Symbols;
using NtScope.Symbols.Types;
using NtScope.Testing;
using NtScope.Testing.Symbols;

namespace NtScope.Tests.Symbols;

public class PdbFileTests
{
    private static readonly Guid Identity = new("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36");

    [Theory]
    [InlineData(512, false)]
    [InlineData(4096, true)]
    public void Identity_and_names_come_from_contiguous_and_scattered_containers(int blockSize, bool scatter)
    {
        var builder = new PdbBuilder(Identity, 3, ProcessorArchitecture.X64) { BlockSize = blockSize, Scatter = scatter }
            .Section(".text", 0x1000, 0x10000).Section("PAGE", 0x20000, 0x8000)
            .Public("NtCreateFile", 0x1010).Public("KiServiceTable", 0x20400, isFunction: false)
            .Procedure("NtClose", 0x20010, 0x20).Data("MmPfnDatabase", 0x20008);
        for (var i = 0u; i < 3000; i++)
        {
            builder.Public($"Filler{i}", 0x2000 + (i * 4));
        }

        using var pdb = PdbFile.FromBytes(builder.Build(), "ntkrnlmp.pdb");
        pdb.Identity.StoreKey.ShouldBe("90F5E1C8BBE1FE1FB8A714305EE06F363");
        pdb.Architecture.ShouldBe(ProcessorArchitecture.X64);
        pdb.Symbols.Count.ShouldBe(3004);
        pdb.Symbols.TryGetRva("NtCreateFile", out var rva).ShouldBeTrue();
        rva.ShouldBe(0x1010u);
        pdb.Symbols.TryGetNearest(0x20018, out var nearest).ShouldBeTrue();
        nearest.ShouldBe(new Symbol("NtClose", 0x20010, NameSource.Symbol));
        pdb.Symbols.TryGetNearest(0x2000 + (1234 * 4) + 3, out nearest).ShouldBeTrue();
        nearest.Name.ShouldBe("Filler1234");
        pdb.Symbols.TryGetNearest(0x1000, out _).ShouldBeFalse();
    }

    [Fact]
    public void Names_of_x86_images_lose_their_decoration()
    {
        var pdb = new PdbBuilder(Identity, 1, ProcessorArchitecture.X86)
            .Section(".text", 0x1000, 0x10000)
            .Public("_NtCreateFile@44", 0x1010).Public("@ObfDereferenceObject@4", 0x1020).Public("_KiServiceTable", 0x1030)
            .Public("?Method@Class@@QAEXXZ", 0x1040).Public("mul@@16", 0x1050);
        using var file = PdbFile.FromBytes(pdb.Build(), "ntoskrnl.pdb");
        file.Symbols.All().Select(symbol => symbol.Name)
            .ShouldBe(["NtCreateFile", "ObfDereferenceObject", "KiServiceTable", "?Method@Class@@QAEXXZ", "mul"]);
    }

    [Fact]
    public void Symbols_of_a_rearranged_image_are_where_the_image_has_them_and_removed_ones_are_gone()
    {
        var pdb = new PdbBuilder(Identity, 1, ProcessorArchitecture.X86)
            .Section(".text", 0x1000, 0x10000)
            .Omap(0x1000, 0x5000).Omap(0x1100, 0).Omap(0x1200, 0x4000)
            .Public("First", 0x1010).Public("Removed", 0x1110).Public("Second", 0x1234);
        using var file = PdbFile.FromBytes(pdb.Build(), "old.pdb");
        file.Symbols.All().Select(symbol => (symbol.Name, symbol.Rva)).ShouldBe([("Second", 0x4034u), ("First", 0x5010u)]);
    }

    [Fact]
    public void The_layouts_of_a_real_kernel_survive_the_way_through_a_PDB()
    {
        using var isf = IsfFile.FromFile(Facts.PathOf(RealKernels.Seed));
        var builder = new PdbBuilder(isf.Identity.Guid, isf.Identity.Age, ProcessorArchitecture.X64);
        foreach (var name in isf.Types.StructureNames)
        {
            isf.Types.TryGetStructure(name, out var layout).ShouldBeTrue();
            builder.Type(layout!);
        }

        isf.Types.TryGetEnumeration("_POOL_TYPE", out var poolType).ShouldBeTrue();
        using var pdb = PdbFile.FromBytes(builder.Type(poolType!).Build(), "ntkrnlmp.pdb");
        pdb.Types.StructureNames.ShouldBe(isf.Types.StructureNames);
        foreach (var name in isf.Types.StructureNames)
        {
            isf.Types.TryGetStructure(name, out var expected);
            pdb.Types.TryGetStructure(name, out var actual).ShouldBeTrue();
            (actual!.Size, actual.IsUnion).ShouldBe((expected!.Size, expected.IsUnion));
            actual.Fields.Count.ShouldBe(expected.Fields.Count);
            for (var i = 0; i < actual.Fields.Count; i++)
            {
                var (left, right) = (actual.Fields[i], expected.Fields[i]);
                (left.Name, left.Offset, left.BitPosition, left.BitLength, left.Type.ToString())
                    .ShouldBe((right.Name, right.Offset, right.BitPosition, right.BitLength, right.Type.ToString()), name);
            }
        }

        pdb.Types.TryGetEnumeration("_POOL_TYPE", out var read).ShouldBeTrue();
        read!.Constants.ShouldBe(poolType!.Constants);
    }

    [Fact]
    public void A_field_list_that_fills_several_records_is_read_to_its_end()
    {
        var number = new TypeReference(TypeKind.Base, "unsigned long", 4);
        var fields = Enumerable.Range(0, 9000).Select(i => new FieldLayout($"FieldNumber{i}", (uint)i * 4, number)).ToList();
        var pdb = new PdbBuilder(Identity, 1, ProcessorArchitecture.X64).Type(new StructureLayout("_LARGE", 36000, fields));
        using var file = PdbFile.FromBytes(pdb.Build(), "large.pdb");
        file.Types.TryGetStructure("_LARGE", out var layout).ShouldBeTrue();
        layout!.Fields.ShouldBe(fields);
    }

    [Fact]
    public void A_PDB_of_another_linker_gives_its_names_and_layouts()
    {
        using var packed = File.OpenRead(Path.Combine(Facts.ProjectRoot, "tests/NtScope.Tests/Symbols/Fixtures/linked.pdb.gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        using var pdb = PdbFile.FromStream(bytes, "linked.pdb");
        pdb.Identity.ToString().ShouldBe("linked.pdb 9683C6E8FB68BA964C4C44205044422E1");
        pdb.Symbols.All().ShouldBe(
        [
            new("entry", 0x1000, NameSource.Symbol), new("helper", 0x1010, NameSource.Symbol),
            new("local_data", 0x3000, NameSource.Symbol), new("global", 0x3008, NameSource.Symbol),
        ]);
        pdb.Types.TryGetStructure("_IN", out var layout).ShouldBeTrue();
        layout!.Size.ShouldBe(88u);
        layout.Fields.Select(field => $"{field.Offset:x2} {field.Name} {field.Type} {field.BitPosition},{field.BitLength}").ShouldBe(
        [
            "00 a int 0,0", "04 b unsigned int 0,3", "04 c unsigned int 3,29", "08 inner _IN::<unnamed-tag> 0,0", "18 next _IN* 0,0", "20 f function* 0,0",
            "28 q unsigned short* 0,0", "30 m int[3][2] 0,0", "48 col color 0,0", "50 d double 0,0",
        ]);
        pdb.Types.TryGetEnumeration("color", out var color).ShouldBeTrue();
        color!.Constants.Select(constant => (constant.Key, constant.Value)).ShouldBe([("red", 0), ("green", -5), ("blue", 70000)]);
    }

    [Fact]
    public void A_truncated_PDB_is_refused_with_its_name_and_the_structure()
    {
        var bytes = new PdbBuilder(Identity, 1, ProcessorArchitecture.X64).Section(".text", 0x1000, 0x1000).Public("A", 0x1000).Build();
        var failure = Should.Throw<InputException>(() => PdbFile.FromBytes(bytes[..^4096], "short.pdb"));
        failure.Message.ShouldStartWith("short.pdb: MSF superblock at offset 0x28: ");
        Should.Throw<InputException>(() => PdbFile.FromBytes("Microsoft C/C++ program database 2.00\r\n\u001aJG\0\0"u8.ToArray().Concat(new byte[99]).ToArray(), "old.pdb"))
            .Message.ShouldContain("2.00");
    }

    [Fact]
    public void No_damage_to_a_PDB_ends_in_anything_but_a_result_or_a_typed_error()
    {
        var leaf = new StructureLayout("_LEAF", 8, [new("Bits", 0, new(TypeKind.Base, "unsigned long", 4), 3, 5)]);
        var bytes = new PdbBuilder(Identity, 1, ProcessorArchitecture.X64) { BlockSize = 512 }
            .Section(".text", 0x1000, 0x1000).Public("A", 0x1000).Procedure("B", 0x1010, 4).Omap(0x1000, 0x2000)
            .Type(leaf).Type(new StructureLayout("_TREE", 16, [new("Leaf", 0, new(TypeKind.Structure, "_LEAF", 8)), new("Next", 8, TypeReference.PointerTo(new(TypeKind.Structure, "_TREE", 16), 8))]))
            .Build();
        var random = new Random(20191113);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = random.Next(3) switch { 0 => 0xff, 1 => 0, _ => (byte)random.Next(256) };
            }

            try
            {
                using var pdb = PdbFile.FromBytes(damaged, "damaged.pdb");
                _ = pdb.Symbols.Count;
                foreach (var name in pdb.Types.StructureNames)
                {
                    pdb.Types.TryGetStructure(name, out _);
                }
            }
            catch (InputException)
            {
            }
        }
    }
}
