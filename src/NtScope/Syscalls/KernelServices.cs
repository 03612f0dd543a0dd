using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Symbols;

namespace NtScope.Syscalls;

/// <summary>Collects the services of a kernel, as a file or in memory.</summary>
internal sealed class KernelServices(Target target, Module module, KnowledgeBase knowledge, ServiceRecords records)
{
    private readonly PeImage _image = module.Image!;
    private readonly KnownServiceTable? _known = module.Pdb is { } pdb ? knowledge.FindKernel(pdb)?.Services : null;

    public void Collect()
    {
        var stubs = module.Base is { } start && _image.IsMapped ? CollectFromMemory(start) : CollectFromFile();
        foreach (var (number, (name, _)) in stubs.Exported)
        {
            records.At(new ServiceIndex(ServiceTableKind.Nt, number)).AddName(name, NameSource.Export);
        }

        var atHand = records.Of(ServiceTableKind.Nt);
        if (module.Symbols is { } symbols)
        {
            NameBySymbols(atHand, stubs, symbols);
        }

        NameByExports(atHand);
        NameByKnownTable(atHand);
    }

    private KernelStubs CollectFromFile()
    {
        var search = ServiceTableFinder.Find(_image, module.Symbols, _known);
        foreach (var table in search.Tables)
        {
            records.Notes.Add($"KiServiceTable is at 0x{table.Rva:x} of {module.Name}: {string.Join("; ", table.Evidence)}.");
            for (var i = 0; i < table.Slots.Count; i++)
            {
                records.At(new ServiceIndex(ServiceTableKind.Nt, i)).Take(table, module.Name);
            }
        }

        records.Notes.AddRange(search.Problems.Select(problem => problem + "."));
        return search.KernelStubs!;
    }

    private KernelStubs CollectFromMemory(VirtualAddress start)
    {
        if (MappedServiceTable.Locate(target, module, start, _known) is { } table)
        {
            records.Notes.Add($"KiServiceTable is at {table.Start}: {table.Evidence}.");
            table.Collect(target, ServiceTableKind.Nt, records);
        }
        else
        {
            records.Notes.Add($"KiServiceTable was not found in the memory of {module.Name}: neither symbols nor KeServiceDescriptorTable say where it is.");
        }

        return KernelStubs.Read(_image);
    }

    private static void NameBySymbols(List<ServiceRecord> atHand, KernelStubs stubs, ISymbolSource symbols)
    {
        foreach (var record in atHand)
        {
            var number = record.Index!.Value.Number;
            if (number < stubs.RunCount && SymbolAt(symbols, stubs.RunStart + ((uint)number * stubs.RunStep), "Zw") is { } stub)
            {
                record.AddName(string.Concat("Nt", stub.AsSpan(2)), NameSource.Symbol);
            }
            else if (record.Rva is { } routine && SymbolAt(symbols, routine, "Nt") is { } name)
            {
                record.AddName(name, NameSource.Symbol);
            }
        }
    }

    private static string? SymbolAt(ISymbolSource symbols, uint rva, string prefix) =>
        symbols.TryGetNearest(rva, out var symbol) && symbol.Rva == rva && symbol.Name.StartsWith(prefix, StringComparison.Ordinal) ? symbol.Name : null;

    /// <summary>An exported routine names its service, unless several services share it.</summary>
    private void NameByExports(List<ServiceRecord> atHand)
    {
        var uses = new Dictionary<uint, int>();
        foreach (var record in atHand)
        {
            if (record.Rva is { } rva)
            {
                uses[rva] = uses.GetValueOrDefault(rva) + 1;
            }
        }

        var names = new Dictionary<uint, string>();
        foreach (var function in _image.Exports.Functions)
        {
            if (StubReader.IsServiceName(function, "Nt"))
            {
                names.TryAdd(function.Rva, function.Name!);
            }
        }

        foreach (var record in atHand)
        {
            if (record.Rva is { } rva && uses[rva] == 1 && names.TryGetValue(rva, out var name))
            {
                record.AddName(name, NameSource.Export);
            }
        }
    }

    private void NameByKnownTable(List<ServiceRecord> atHand)
    {
        if (_known is null)
        {
            return;
        }

        foreach (var record in atHand)
        {
            if (record.Index!.Value.Number is var number && number < _known.Count)
            {
                record.AddName(_known[number].Name, NameSource.KnownBuild);
            }
        }
    }
}
