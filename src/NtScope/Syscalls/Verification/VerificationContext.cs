namespace NtScope.Syscalls.Verification;

/// <summary>What the checks of one verification share: the target, the names of services, the findings, and what could not be read.</summary>
internal sealed class VerificationContext(Target target, IReadOnlyDictionary<uint, string> names, CancellationToken cancellation)
{
    private const ulong PageMask = ~0xFFFUL;

    private readonly List<string> _notes = [];
    private readonly Dictionary<string, int> _unreadable = new(StringComparer.Ordinal);
    private readonly Dictionary<(VerificationKind, VirtualAddress, PhysicalAddress?), int> _places = [];

    public Target Target { get; } = target;

    /// <summary>Ends the verification.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    public List<VerificationRow> Rows { get; } = [];

    public string? NameOf(ServiceIndex index) => names.GetValueOrDefault(index.Value);

    /// <summary>Adds a finding, once for each page: what sessions share is one finding of all of them, a page of a session's own is another.</summary>
    /// <param name="row">The finding.</param>
    /// <param name="session">The session whose memory it was found in; null for the system's.</param>
    public void Add(VerificationRow row, SessionSpace? session)
    {
        var place = PlaceOf(row.Kind, row.Address, session);
        if (_places.TryGetValue(place, out var known))
        {
            if (session is not null && !Rows[known].Sessions.Contains(session))
            {
                Rows[known] = Rows[known] with { Sessions = [.. Rows[known].Sessions, session] };
            }
        }
        else if (Rows.Count < Limits.VerificationRows)
        {
            _places.Add(place, Rows.Count);
            Rows.Add(session is null ? row : row with { Sessions = [session] });
        }
    }

    /// <summary>Which row a finding is; null if it was not found.</summary>
    public int? Find(VerificationKind kind, VirtualAddress address, SessionSpace? session) =>
        _places.TryGetValue(PlaceOf(kind, address, session), out var row) ? row : null;

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

    private (VerificationKind, VirtualAddress, PhysicalAddress?) PlaceOf(VerificationKind kind, VirtualAddress address, SessionSpace? session) =>
        (kind, address, session is null ? null : Target.AddressSpaces?.Explain(session.DirectoryTable, new VirtualAddress(address.Value & PageMask)).Physical);
}
