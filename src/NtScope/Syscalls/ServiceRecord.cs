using NtScope.Knowledge;
using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>What is gathered about one service until its row is made.</summary>
internal sealed class ServiceRecord(ServiceIndex? index)
{
    private readonly List<(string Name, NameSource Source)> _names = [];
    private readonly List<Finding> _findings = [];

    public ServiceIndex? Index { get; } = index;

    public string? Module { get; set; }

    public uint? Rva { get; set; }

    public VirtualAddress? Address { get; set; }

    public ulong? Entry { get; set; }

    public int EntryDigits { get; private set; } = 8;

    public int? StackArguments { get; set; }

    public string? Name => _names.Count == 0 ? null : _names[0].Name;

    public void AddName(string? name, NameSource source)
    {
        if (name is not null && !_names.Contains((name, source)))
        {
            _names.Add((name, source));
        }
    }

    public void AddFinding(string kind, string detail) => _findings.Add(new Finding(kind, detail));

    public void AddFindings(IEnumerable<Finding> findings) => _findings.AddRange(findings);

    /// <summary>Takes what a table of an image file says of the service.</summary>
    public void Take(ServiceTable table, string module)
    {
        var slot = table.Slots[Index!.Value.Number];
        Module = module;
        Rva = slot.RoutineRva;
        Entry = slot.Raw;
        EntryDigits = table.EntrySize * 2;
        StackArguments = slot.StackArguments;
    }

    public SyscallRow ToRow(KnowledgeBase knowledge, ProcessorArchitecture architecture)
    {
        _names.Sort((left, right) => left.Source.CompareTo(right.Source));
        var (name, source) = _names.Count == 0 ? (null, NameSource.None) : _names[0];
        foreach (var (other, otherSource) in _names)
        {
            if (other != name)
            {
                AddFinding("name-conflict", $"its {Word(source)} calls it {name}, its {Word(otherSource)} {other}");
            }
        }

        Prototype? prototype = null;
        if (name is not null && knowledge.TryGetPrototype(name, out prototype) && StackArguments is { } stackArguments
            && ArgumentCount.Contradicts(prototype, stackArguments, architecture, out var detail))
        {
            AddFinding("argument-conflict", detail);
        }

        if (name is null)
        {
            AddFinding("no-name", "no symbol, export, stub or import names it");
        }

        return new SyscallRow
        {
            Index = Index,
            Name = name,
            NameSource = source,
            Module = Module,
            Rva = Rva,
            Address = Address,
            Entry = Entry,
            EntryDigits = EntryDigits,
            StackArguments = StackArguments,
            Prototype = prototype,
            Findings = _findings,
        };
    }

    private static string Word(NameSource source) => source switch
    {
        NameSource.Symbol => "symbol",
        NameSource.Export => "export",
        NameSource.Stub => "stub",
        NameSource.Import => "import",
        _ => "known build",
    };
}
