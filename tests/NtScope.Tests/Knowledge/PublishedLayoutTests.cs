using System.IO.Compression;
using System.Text.Json;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Symbols.Types;
using NtScope.Testing;

namespace NtScope.Tests.Knowledge;

public class PublishedLayoutTests
{
    private static readonly KnowledgeBase Knowledge = KnowledgeBase.Embedded;

    /// <summary>What the published layouts themselves give wrongly: sizes of structures that end early, names that lost letters.</summary>
    private static readonly string[] WrongInTheSource =
    [
        "_DRIVER_EXTENSION: size", "_KPCR: size", "_KPRCB: size",
        "wil_details_StagingConfigHeader.essionProperties", "wil_details_StagingConfigHeader.roperties",
    ];

    [Fact]
    public void Every_structure_equals_its_source()
    {
        foreach (var path in Directory.GetFiles(Facts.PathOf("layouts"), "*.json.gz"))
        {
            var name = Path.GetFileName(path)[..^".json.gz".Length].Split('-');
            FileVersion.TryParse(name[0], out var version).ShouldBeTrue(path);
            var types = Knowledge.PublishedTypes(version, Enum.Parse<ProcessorArchitecture>(name[1], true)).ShouldNotBeNull(path);
            using var document = JsonDocument.Parse(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
            foreach (var structure in document.RootElement.EnumerateObject())
            {
                types.TryGetStructure(structure.Name, out var layout).ShouldBeTrue(structure.Name);
                layout!.Size.ShouldBe(structure.Value.GetProperty("size").GetUInt32());
                var fields = structure.Value.GetProperty("fields").EnumerateObject().ToArray();
                layout.Fields.Count.ShouldBe(fields.Length);
                foreach (var (field, source) in layout.Fields.Zip(fields))
                {
                    field.Name.ShouldEndWith(source.Name);
                    field.Offset.ShouldBe(source.Value.GetProperty("offset").GetUInt32());
                    field.BitLength.ShouldBe(source.Value.TryGetProperty("bits", out var bits) ? bits.GetByte() : (byte)0);
                }
            }
        }
    }

    [Theory]
    [InlineData("10.0.18362.30")]
    [InlineData("10.0.19041.508")]
    [InlineData("10.0.19041.1288")]
    public void Layouts_of_two_origins_agree_on_one_kernel(string version)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        var published = Knowledge.PublishedTypes(parsed, ProcessorArchitecture.X64).ShouldNotBeNull();
        var own = Knowledge.FindKernel(parsed)!.Types;
        var compared = 0;
        var disagreements = new List<string>();
        foreach (var name in published.StructureNames)
        {
            if (!own.TryGetStructure(name, out var exact) || !published.TryGetStructure(name, out var layout))
            {
                continue;
            }

            if (exact.Size != layout.Size)
            {
                disagreements.Add($"{name}: size {layout.Size}, not {exact.Size}");
            }

            foreach (var field in layout.Fields)
            {
                if (!exact.TryGetField(field.Name, out var expected))
                {
                    disagreements.Add($"{name}.{field.Name} is not there");
                }
                else if ((field.Offset, field.BitPosition, field.BitLength) != (expected.Offset, expected.BitPosition, expected.BitLength))
                {
                    disagreements.Add($"{name}.{field.Name}: {field}, not {expected}");
                }
                else if (field.Type.Size != expected.Type.Size && !field.Type.Name.Contains("<unnamed-", StringComparison.Ordinal))
                {
                    disagreements.Add($"{name}.{field.Name}: {field.Type} of {field.Type.Size} bytes, not {expected.Type} of {expected.Type.Size}");
                }

                compared++;
            }
        }

        compared.ShouldBeGreaterThan(8000);
        disagreements.RemoveAll(text => Array.Exists(WrongInTheSource, text.StartsWith));
        string.Join('\n', disagreements).ShouldBeEmpty();
    }

    [Fact]
    public void The_layouts_of_an_old_build_need_no_symbols()
    {
        var types = Knowledge.NearestTypes(new FileVersion(5, 1, 2600, 5512), ProcessorArchitecture.X86).ShouldNotBeNull();

        types.Origin.ShouldBe("published layouts of 5.1.2600.5512");
        types.PointerSize.ShouldBe(4);
        types.TryGetStructure("_EPROCESS", out var process).ShouldBeTrue();
        process!.TryGetField("ActiveProcessLinks", out var links).ShouldBeTrue();
        links!.Offset.ShouldBe(0x88u);
        links.Type.ShouldBe(new TypeReference(TypeKind.Structure, "_LIST_ENTRY", 8));
    }

    [Fact]
    public void Win32k_layouts_are_those_of_the_latest_known_build_that_is_not_later()
    {
        Knowledge.Win32kLayouts.ForBuild(19045)!.Build.ShouldBe(19041);
        Knowledge.Win32kLayouts.ForBuild(6002).ShouldBeNull();
        Knowledge.Win32kLayouts.ForBuild(9200)!.TryGetField("tagDESKTOP", "rpdeskNext", out var next).ShouldBeTrue();
        next.ShouldBe(new Win32kField(16, false));
        Knowledge.Win32kLayouts.ForBuild(9200)!.TryGetField("tagDESKTOP", "pDeskInfo", out var info).ShouldBeTrue();
        info.ShouldBe(new Win32kField(8, true));
    }

    [Fact]
    public void Virtual_desktop_identifiers_follow_the_revision()
    {
        var identifiers = Knowledge.VirtualDesktops;

        identifiers.Classes["ImmersiveShell"].ShouldBe(Guid.Parse("c2f03a33-21f5-47fa-b4bb-156362a2f239"));
        identifiers.InterfacesFor(19045, 3000)!["IApplicationView"].ShouldBe(Guid.Parse("372E1D3B-38D3-42E4-A15B-8AB2B178F513"));
        identifiers.InterfacesFor(22621, 3000).ShouldBeSameAs(identifiers.InterfacesFor(22621, 2215));
        identifiers.InterfacesFor(15063, 0).ShouldBeNull();
    }
}
