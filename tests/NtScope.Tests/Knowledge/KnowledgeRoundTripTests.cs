using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Symbols;
using NtScope.Testing;

namespace NtScope.Tests.Knowledge;

/// <summary>Every row of the embedded knowledge equals its source, read here by other code than the generator's.</summary>
public class KnowledgeRoundTripTests
{
    private static readonly KnowledgeBase Knowledge = KnowledgeBase.Embedded;

    [Fact]
    public void Every_service_of_every_kernel_equals_its_source()
    {
        var rows = 0;
        foreach (var line in ReadLines(Facts.PathOf("kernel-services.jsonl.gz")))
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            var kernel = Knowledge.FindKernel(new PdbIdentity("any.pdb", new Guid(row.GetProperty("guid").GetString()!), row.GetProperty("age").GetUInt32())).ShouldNotBeNull();
            kernel.Version.ToString().ShouldBe(row.GetProperty("version").GetString());
            kernel.Pdb.FileName.ShouldBe(row.GetProperty("pdb").GetString());
            kernel.Services!.TableRva.ShouldBe(row.GetProperty("serviceTable").GetUInt32());
            kernel.Services.LimitRva.ShouldBe(row.GetProperty("serviceLimit").GetUInt32());
            kernel.Services.ArgumentTableRva.ShouldBe(row.GetProperty("argumentTable").GetUInt32());
            kernel.Services.ShouldBe(row.GetProperty("services").EnumerateArray()
                .Select((service, index) => new KnownService(index, service[0].GetString()!, service[1].GetUInt32())));
            rows++;
        }

        rows.ShouldBe(Knowledge.Kernels.Count(kernel => kernel.HasServices));
    }

    [Fact]
    public void Every_published_service_equals_its_source()
    {
        var files = Directory.GetFiles(Facts.PathOf("syscalls"), "*.tsv", SearchOption.AllDirectories);
        foreach (var path in files)
        {
            var parts = path.Split(Path.DirectorySeparatorChar);
            var table = Knowledge.PublishedTables.Find(
                Enum.Parse<ProcessorArchitecture>(parts[^3], true), Enum.Parse<ServiceTableKind>(parts[^2], true), Path.GetFileNameWithoutExtension(path)).ShouldNotBeNull(path);
            table.Services.Select(service => string.Create(CultureInfo.InvariantCulture, $"{service.Index}\t{service.Name}"))
                .Order(StringComparer.Ordinal).ShouldBe(File.ReadAllLines(path).Order(StringComparer.Ordinal), path);
            table.Services.Select(service => service.Index).ShouldBeInOrder();
        }

        files.Length.ShouldBe(Knowledge.PublishedTables.Count);
    }

    [Fact]
    public void Every_prototype_equals_its_source()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Facts.PathOf("prototypes.json")));
        var count = 0;
        foreach (var function in document.RootElement.EnumerateObject())
        {
            Knowledge.TryGetPrototype(function.Name, out var prototype).ShouldBeTrue(function.Name);
            prototype!.Returns.ShouldBe(function.Value.GetProperty("returns").GetString());
            prototype.Header.ShouldBe(function.Value.GetProperty("header").GetString());
            prototype.Parameters.ShouldBe(function.Value.GetProperty("params").EnumerateArray().Select(parameter => new PrototypeParameter(
                parameter.GetProperty("type").GetString()!, parameter.GetProperty("name").GetString()!, parameter.GetProperty("sal").GetString()!)));
            count++;
        }

        count.ShouldBe(Knowledge.PrototypeCount);
    }

    [Fact]
    public void Every_symbol_of_every_kernel_equals_its_source()
    {
        foreach (var path in Directory.GetFiles(Facts.PathOf("kernels"), "*.json.gz"))
        {
            using var document = JsonDocument.Parse(Unpacked(path));
            var symbols = KernelOf(document).Symbols.ShouldNotBeNull();
            var expected = document.RootElement.GetProperty("symbols").EnumerateObject()
                .Select(symbol => new Symbol(symbol.Name, symbol.Value.GetProperty("address").GetUInt32(), NameSource.Symbol)).ToArray();
            Array.Sort(expected, (left, right) => left.Rva != right.Rva ? left.Rva.CompareTo(right.Rva) : string.CompareOrdinal(left.Name, right.Name));

            symbols.Count.ShouldBe(expected.Length);
            symbols.All().SequenceEqual(expected).ShouldBeTrue(path);
            foreach (var symbol in expected)
            {
                (symbols.TryGetRva(symbol.Name, out var rva) && rva == symbol.Rva).ShouldBeTrue(symbol.Name);
            }
        }
    }

    [Fact]
    public void Every_structure_and_enumeration_of_every_kernel_equals_its_source()
    {
        foreach (var path in Directory.GetFiles(Facts.PathOf("kernels"), "*.json.gz"))
        {
            using var document = JsonDocument.Parse(Unpacked(path));
            var types = KernelOf(document).Types;
            var root = document.RootElement;
            foreach (var structure in root.GetProperty("user_types").EnumerateObject())
            {
                types.TryGetStructure(structure.Name, out var layout).ShouldBeTrue(structure.Name);
                layout!.Size.ShouldBe(structure.Value.GetProperty("size").GetUInt32());
                layout.IsUnion.ShouldBe(structure.Value.GetProperty("kind").ValueEquals("union"));
                var fields = structure.Value.GetProperty("fields").EnumerateObject().ToArray();
                layout.Fields.Count.ShouldBe(fields.Length);
                foreach (var field in fields)
                {
                    layout.TryGetField(field.Name, out var found).ShouldBeTrue(field.Name);
                    var type = field.Value.GetProperty("type");
                    var isBits = type.GetProperty("kind").ValueEquals("bitfield");
                    found!.Offset.ShouldBe(field.Value.GetProperty("offset").GetUInt32());
                    found.BitLength.ShouldBe(isBits ? type.GetProperty("bit_length").GetByte() : (byte)0);
                    found.BitPosition.ShouldBe(isBits ? type.GetProperty("bit_position").GetByte() : (byte)0);
                    found.Type.ToString().ShouldBe(TypeText(isBits ? type.GetProperty("type") : type));
                }
            }

            types.StructureNames.Count().ShouldBe(root.GetProperty("user_types").EnumerateObject().Count());
            foreach (var enumeration in root.GetProperty("enums").EnumerateObject())
            {
                types.TryGetEnumeration(enumeration.Name, out var layout).ShouldBeTrue(enumeration.Name);
                layout!.Size.ShouldBe(enumeration.Value.GetProperty("size").GetUInt32());
                layout.Constants.ShouldBe(
                    enumeration.Value.GetProperty("constants").EnumerateObject().Select(constant => KeyValuePair.Create(constant.Name, constant.Value.GetInt64())),
                    ignoreOrder: true);
            }
        }
    }

    private static string TypeText(JsonElement type) => type.GetProperty("kind").GetString() switch
    {
        "pointer" => TypeText(type.GetProperty("subtype")) + "*",
        "array" => $"{TypeText(type.GetProperty("subtype"))}[{type.GetProperty("count").GetUInt32()}]",
        "function" => "function",
        _ => type.GetProperty("name").GetString()!,
    };

    private static KnownKernel KernelOf(JsonDocument document)
    {
        var pdb = document.RootElement.GetProperty("metadata").GetProperty("windows").GetProperty("pdb");
        return Knowledge.FindKernel(new PdbIdentity("any.pdb", new Guid(pdb.GetProperty("GUID").GetString()!), pdb.GetProperty("age").GetUInt32())).ShouldNotBeNull();
    }

    private static GZipStream Unpacked(string path) => new(File.OpenRead(path), CompressionMode.Decompress);

    private static IEnumerable<string> ReadLines(string path)
    {
        using var reader = new StreamReader(Unpacked(path));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
