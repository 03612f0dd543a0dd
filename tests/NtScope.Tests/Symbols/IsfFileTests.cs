using System.IO.Compression;
using System.Text.Json;
using NtScope.Symbols;
using NtScope.Testing;

namespace NtScope.Tests.Symbols;

public class IsfFileTests
{
    [Fact]
    public void The_founding_kernel_has_its_service_table_where_the_text_shows_it()
    {
        using var isf = IsfFile.FromFile(Facts.PathOf(RealKernels.Seed));
        isf.Identity.StoreKey.ShouldBe("90F5E1C8BBE1FE1FB8A714305EE06F361");
        isf.Symbols.Count.ShouldBe(35_800);
        isf.Symbols.TryGetRva("KiServiceTable", out var table).ShouldBeTrue();
        isf.Symbols.TryGetRva("NtCreateFile", out var createFile).ShouldBeTrue();
        (createFile - table).ShouldBe(0x020b920u);
        isf.Symbols.TryGetNearest(createFile + 4, out var nearest).ShouldBeTrue();
        nearest.ShouldBe(new Symbol("NtCreateFile", createFile, NameSource.Symbol));
    }

    [Fact]
    public void Layouts_agree_with_those_published_for_the_same_build()
    {
        using var isf = IsfFile.FromFile(Facts.PathOf("kernels/ntkrnlmp-10.0.19041.1288-CA8E2F01B822EDE6357898BFBF862997-1.json.gz"));
        using var packed = File.OpenRead(Facts.PathOf("layouts/10.0.19041.1288-x64.json.gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var published = JsonDocument.Parse(unpacked);
        var compared = 0;
        var otherSize = new List<string>();
        foreach (var structure in published.RootElement.EnumerateObject())
        {
            if (!isf.Types.TryGetStructure(structure.Name, out var layout))
            {
                continue;
            }

            if (layout.Size != structure.Value.GetProperty("size").GetUInt32()) otherSize.Add(structure.Name);
            foreach (var member in structure.Value.GetProperty("fields").EnumerateObject())
            {
                if (!layout.TryGetField(member.Name, out var field))
                {
                    continue;
                }

                field.Offset.ShouldBe(member.Value.GetProperty("offset").GetUInt32(), $"{structure.Name}.{member.Name}");
                if (member.Value.TryGetProperty("bits", out var bits)) field.BitLength.ShouldBe(bits.GetByte(), $"{structure.Name}.{member.Name}");
                compared++;
            }
        }

        compared.ShouldBe(13_285);

        // The published sizes of these three end before their last members, whose offsets agree.
        otherSize.Order(StringComparer.Ordinal).ShouldBe(["_DRIVER_EXTENSION", "_KPCR", "_KPRCB"]);
    }

    [Fact]
    public void Text_that_is_no_ISF_is_refused_by_name()
    {
        Should.Throw<InputException>(() => IsfFile.FromBytes("hello"u8.ToArray(), "notes.txt")).Message.ShouldStartWith("notes.txt: is neither");
        Should.Throw<InputException>(() => IsfFile.FromBytes("{}"u8.ToArray(), "empty.json")).Message.ShouldContain("names no PDB");
        Should.Throw<InputException>(() => IsfFile.FromBytes([0xfd, .. "7zXZ\0"u8], "packed.json.xz")).Message.ShouldContain("xz -d");
    }
}
