using System.Text.Json;
using NtScope.Knowledge.Storage;

namespace NtScope.KnowledgeGenerator;

/// <summary>Makes <c>prototypes.bin</c>.</summary>
internal static class PrototypeCompiler
{
    /// <summary>Compiles the prototypes of a JSON file.</summary>
    public static byte[] Compile(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var functions = document.RootElement.EnumerateObject().ToArray();
        var names = new StringPoolBuilder().Add(functions.Select(function => function.Name));
        var texts = new StringPoolBuilder().Add(functions.SelectMany(function => TextsOf(function.Value)));
        var sections = new byte[PrototypeFile.SectionCount][];
        sections[PrototypeFile.Names] = names.Build();
        sections[PrototypeFile.Texts] = texts.Build();
        var offsets = new PackedWriter();
        var declarations = new PackedWriter();
        foreach (var function in functions.OrderBy(function => names[function.Name]))
        {
            offsets.UInt32((uint)declarations.Length);
            declarations.Count(texts[Text(function.Value, "returns")]).Count(texts[Text(function.Value, "header")])
                .Count(function.Value.GetProperty("params").GetArrayLength());
            foreach (var parameter in function.Value.GetProperty("params").EnumerateArray())
            {
                declarations.Count(texts[Text(parameter, "type")]).Count(texts[Text(parameter, "name")]).Count(texts[Text(parameter, "sal")]);
            }
        }

        sections[PrototypeFile.Offsets] = offsets.ToArray();
        sections[PrototypeFile.Declarations] = declarations.ToArray();
        return ResourceWriter.Write(sections);
    }

    private static IEnumerable<string> TextsOf(JsonElement function) =>
        function.GetProperty("params").EnumerateArray()
            .SelectMany(parameter => new[] { Text(parameter, "type"), Text(parameter, "name"), Text(parameter, "sal") })
            .Append(Text(function, "returns"))
            .Append(Text(function, "header"));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
