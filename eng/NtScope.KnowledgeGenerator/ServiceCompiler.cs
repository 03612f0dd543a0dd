using System.Globalization;
using System.Text.Json;
using NtScope.Images;
using NtScope.Knowledge.Storage;

namespace NtScope.KnowledgeGenerator;

/// <summary>Makes <c>services.bin</c>.</summary>
internal static class ServiceCompiler
{
    /// <summary>Compiles the exact tables of kernels and the published tables of builds.</summary>
    public static byte[] Compile(string facts, IReadOnlyList<IsfKernel> withSymbols)
    {
        var tables = ReadTables(Path.Combine(facts, "kernel-services.jsonl.gz"));
        tables.AddRange(withSymbols
            .Where(kernel => !tables.Exists(table => table.Pdb.Matches(kernel.Pdb)))
            .Select(kernel => new KernelTable(kernel.Version, kernel.Pdb, 0, 0, 0, [])));
        tables.Sort((left, right) => left.Version.CompareTo(right.Version));
        var published = ReadPublished(Path.Combine(facts, "syscalls"));

        var names = new StringPoolBuilder()
            .Add(tables.Select(table => table.Pdb.FileName))
            .Add(tables.SelectMany(table => table.Services).Select(service => service.Name))
            .Add(published.Select(table => table.Label))
            .Add(published.SelectMany(table => table.Services).Select(service => service.Name));
        var sections = new byte[ServiceFile.SectionCount][];
        sections[ServiceFile.Names] = names.Build();
        WriteKernels(tables, names, sections);
        WritePublished(published, names, sections);
        return ResourceWriter.Write(sections);
    }

    private static void WriteKernels(List<KernelTable> tables, StringPoolBuilder names, byte[][] sections)
    {
        var kernels = new PackedWriter().Count(tables.Count);
        var orders = new PackedWriter();
        var orderNames = new PackedWriter();
        var rvas = new PackedWriter();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            var numbers = table.Services.Select(service => names[service.Name]).ToArray();
            var key = string.Join(',', numbers);
            var order = -1;
            if (numbers.Length > 0 && !known.TryGetValue(key, out order))
            {
                order = known.Count;
                known.Add(key, order);
                orders.UInt32((uint)(orderNames.Length / sizeof(ushort))).UInt32((uint)numbers.Length);
                Array.ForEach(numbers, number => orderNames.UInt16(number));
            }

            kernels.Count(names[table.Pdb.FileName]).Bytes(table.Pdb.Guid.ToByteArray()).Number(table.Pdb.Age)
                .Version(table.Version).Count((int)ProcessorArchitecture.X64)
                .Count(numbers.Length > 0 ? order + 1 : 0).Count(rvas.Length / sizeof(uint))
                .Number(table.TableRva).Number(table.LimitRva).Number(table.ArgumentTableRva);
            foreach (var service in table.Services)
            {
                rvas.UInt32(service.Rva);
            }
        }

        sections[ServiceFile.Kernels] = kernels.ToArray();
        sections[ServiceFile.Orders] = orders.ToArray();
        sections[ServiceFile.OrderNames] = orderNames.ToArray();
        sections[ServiceFile.Rvas] = rvas.ToArray();
    }

    private static void WritePublished(List<PublishedLabel> published, StringPoolBuilder names, byte[][] sections)
    {
        var directory = new PackedWriter().Count(published.Count);
        var services = new PackedWriter();
        foreach (var table in published)
        {
            directory.Count((int)table.Architecture).Count((int)table.Table).Count(names[table.Label])
                .Count(table.Services.Count).Count(services.Length);
            var last = 0;
            foreach (var (index, name) in table.Services)
            {
                services.Count(index - last).Count(names[name]);
                last = index;
            }
        }

        sections[ServiceFile.Published] = directory.ToArray();
        sections[ServiceFile.PublishedServices] = services.ToArray();
    }

    private static List<KernelTable> ReadTables(string path)
    {
        var tables = new List<KernelTable>();
        foreach (var line in GzipJson.ReadLines(path))
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (!FileVersion.TryParse(row.GetProperty("version").GetString(), out var version))
            {
                throw new InvalidDataException($"{path}: row {tables.Count} has no file version");
            }

            tables.Add(new KernelTable(
                version,
                new PdbIdentity(row.GetProperty("pdb").GetString()!, Guid.ParseExact(row.GetProperty("guid").GetString()!, "N"), row.GetProperty("age").GetUInt32()),
                row.GetProperty("serviceTable").GetUInt32(),
                row.GetProperty("serviceLimit").GetUInt32(),
                row.GetProperty("argumentTable").GetUInt32(),
                [.. row.GetProperty("services").EnumerateArray().Select(service => (service[0].GetString()!, service[1].GetUInt32()))]));
        }

        return tables;
    }

    private static List<PublishedLabel> ReadPublished(string folder)
    {
        var tables = new List<PublishedLabel>();
        foreach (var path in Directory.GetFiles(folder, "*.tsv", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var parts = Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar);
            var services = File.ReadLines(path).Select(line => line.Split('\t'))
                .Select(cells => (Index: int.Parse(cells[0], CultureInfo.InvariantCulture), Name: cells[1]))
                .OrderBy(service => service.Index);
            tables.Add(new PublishedLabel(
                Enum.Parse<ProcessorArchitecture>(parts[0], ignoreCase: true),
                Enum.Parse<ServiceTableKind>(parts[1], ignoreCase: true),
                Path.GetFileNameWithoutExtension(parts[2]),
                [.. services]));
        }

        return tables;
    }

    private sealed record KernelTable(
        FileVersion Version,
        PdbIdentity Pdb,
        uint TableRva,
        uint LimitRva,
        uint ArgumentTableRva,
        IReadOnlyList<(string Name, uint Rva)> Services);

    private sealed record PublishedLabel(
        ProcessorArchitecture Architecture,
        ServiceTableKind Table,
        string Label,
        IReadOnlyList<(int Index, string Name)> Services);
}
