namespace NtScope.Syscalls.Verification;

/// <summary>What the checks of one verification share: the target, the names of services, the findings, and what could not be read.</summary>
internal sealed class VerificationContext(Target target, IReadOnlyDictionary<uint, string> names)
{
    private readonly List<string> _notes = [];
    private readonly Dictionary<string, int> _unreadable = new(StringComparer.Ordinal);
    private readonly HashSet<(VerificationKind, VirtualAddress)> _seen = [];

    public Target Target { get; } = target;

    public List<VerificationRow> Rows { get; } = [];

    public string? NameOf(ServiceIndex index) => names.GetValueOrDefault(index.Value);

    /// <summary>Adds a finding, once for each place: sessions share what they map.</summary>
    public void Add(VerificationRow row)
    {
        if (_seen.Add((row.Kind, row.Address)) && Rows.Count < Limits.VerificationRows)
        {
            Rows.Add(row);
        }
    }

    /// <summary>Adds a finding about one process; others may have the same at the same address.</summary>
    public void AddForProcess(VerificationRow row)
    {
        if (Rows.Count < Limits.VerificationRows)
        {
            Rows.Add(row);
        }
    }

    /// <summary>The module that covers an address, as rows write it.</summary>
    public string OwnerOf(VirtualAddress address) => Target.ModuleAt(address)?.Name ?? "no module";

    public void CountUnreadable(string what) => _unreadable[what] = _unreadable.GetValueOrDefault(what) + 1;

    /// <summary>Adds a sentence about what was not verified.</summary>
    public void Note(string sentence) => _notes.Add(sentence);

    /// <summary>What was not verified: one sentence for each sort of thing.</summary>
    public IEnumerable<string> Notes() => [.. _notes, .. _unreadable.Select(pair => $"Not verified because the memory is not readable: {pair.Value} {pair.Key}.")];
}
