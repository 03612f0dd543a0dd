using System.Globalization;
using System.Text.Json;
using NtScope.Knowledge.Storage;

namespace NtScope.KnowledgeGenerator;

/// <summary>Makes <c>desktops.bin</c>.</summary>
internal static class DesktopCompiler
{
    /// <summary>The builds that the layouts name by product.</summary>
    private static readonly Dictionary<string, int> NamedBuilds = new(StringComparer.Ordinal) { ["win7sp0"] = 7600, ["win7sp1"] = 7601, ["win8"] = 9200 };

    /// <summary>Compiles win32k's layouts and the identifiers of virtual desktops.</summary>
    public static byte[] Compile(string layoutPath, string identifierPath)
    {
        using var layouts = JsonDocument.Parse(File.ReadAllBytes(layoutPath));
        using var identifiers = JsonDocument.Parse(File.ReadAllBytes(identifierPath));
        var builds = layouts.RootElement.GetProperty("builds").EnumerateObject().OrderBy(build => BuildOf(build.Name)).ToArray();
        var sets = identifiers.RootElement.GetProperty("iid_by_build").EnumerateObject()
            .Select(set => (Parts: set.Name.Split('_'), set.Value))
            .Select(set => (Build: int.Parse(set.Parts[1], CultureInfo.InvariantCulture), Revision: int.Parse(set.Parts[2], CultureInfo.InvariantCulture), set.Value))
            .Append((Build: 0, Revision: 0, Value: identifiers.RootElement.GetProperty("clsid")))
            .OrderBy(set => (set.Build, set.Revision))
            .ToArray();

        var names = new StringPoolBuilder();
        foreach (var structure in builds.SelectMany(build => build.Value.EnumerateObject()))
        {
            names.Add(structure.Name);
            names.Add(structure.Value.EnumerateObject().Select(field => field.Name));
        }

        names.Add(sets.SelectMany(set => set.Value.EnumerateObject()).Select(identifier => identifier.Name));
        var sections = new byte[DesktopFile.SectionCount][];
        sections[DesktopFile.Names] = names.Build();

        var packedLayouts = new PackedWriter().Count(builds.Length);
        foreach (var build in builds)
        {
            packedLayouts.Count(BuildOf(build.Name)).Count(build.Value.EnumerateObject().Count());
            foreach (var structure in build.Value.EnumerateObject())
            {
                packedLayouts.Count(names[structure.Name]).Count(structure.Value.EnumerateObject().Count());
                foreach (var field in structure.Value.EnumerateObject())
                {
                    var needsValidation = field.Value.TryGetProperty("unpatched_since_win7", out var flag) && flag.GetBoolean();
                    packedLayouts.Count(names[field.Name]).Number((field.Value.GetProperty("offset").GetUInt32() << 1) | (needsValidation ? 1u : 0u));
                }
            }
        }

        var packedIdentifiers = new PackedWriter().Count(sets.Length);
        foreach (var (build, revision, set) in sets)
        {
            packedIdentifiers.Count(build).Count(revision).Count(set.EnumerateObject().Count());
            foreach (var identifier in set.EnumerateObject())
            {
                packedIdentifiers.Count(names[identifier.Name]).Bytes(Guid.Parse(identifier.Value.GetString()!).ToByteArray());
            }
        }

        sections[DesktopFile.Layouts] = packedLayouts.ToArray();
        sections[DesktopFile.Identifiers] = packedIdentifiers.ToArray();
        return ResourceWriter.Write(sections);
    }

    /// <summary>The build of a label such as <c>win10-18362-x64</c> or <c>win7sp1-x64</c>.</summary>
    private static int BuildOf(string label)
    {
        var parts = label.Split('-');
        return parts.Length == 3 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : NamedBuilds[parts[0]];
    }
}
