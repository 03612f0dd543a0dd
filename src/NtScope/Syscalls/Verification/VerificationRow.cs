using System.Globalization;
using NtScope.Reports;

namespace NtScope.Syscalls.Verification;

/// <summary>Something that is not as the image has it: a row of <c>ntscope.verify/1</c>.</summary>
public sealed record VerificationRow : IReportRow<VerificationRow>
{
    /// <summary>The schema of a report of these rows.</summary>
    public const string Schema = "ntscope.verify/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("kind", "Finding"),
        new("table", "Table"),
        new("index", "Index", AlignRight: true),
        new("name", "Name"),
        new("session", "Session"),
        new("address", "Address", AlignRight: true),
        new("expected", "Expected"),
        new("target", "Leads to", AlignRight: true),
        new("owner", "Owner"),
        new("evidence", "Evidence"),
    ];

    /// <summary>What is wrong.</summary>
    public required VerificationKind Kind { get; init; }

    /// <summary>The table; for a stub, the table of the service it asks for.</summary>
    public required ServiceTableKind Table { get; init; }

    /// <summary>The service; null if the finding is about a table as a whole.</summary>
    public ServiceIndex? Index { get; init; }

    /// <summary>The service's name; null if it has none, or the finding is about a table as a whole.</summary>
    public string? Name { get; init; }

    /// <summary>The sessions in whose memory it was found, which share the page; empty for what the whole system shares and for processes.</summary>
    public IReadOnlyList<SessionSpace> Sessions { get; init; } = [];

    /// <summary>Where what is wrong stands in memory.</summary>
    public required VirtualAddress Address { get; init; }

    /// <summary>What should stand there: an address, bytes or a number, in hexadecimal; null if the evidence does not say.</summary>
    public string? Expected { get; init; }

    /// <summary>Where it leads now; null if it leads nowhere.</summary>
    public VirtualAddress? Target { get; init; }

    /// <summary>The module that covers <see cref="Target"/>, or <c>no module</c>; null without a target.</summary>
    public string? Owner { get; init; }

    /// <summary>What the finding rests on.</summary>
    public required VerificationEvidence Evidence { get; init; }

    /// <summary>One sentence for a person, without a full stop.</summary>
    public required string Detail { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [new Finding(TextOf(Kind), Detail)];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(TextOf(Kind)),
        1 => Cell.Text(SyscallRow.TextOf(Table)),
        2 => Cell.Number(Index?.Value),
        3 => Cell.Text(Name),
        4 => Cell.Text(SessionText),
        5 => Cell.Address(Address),
        6 => Cell.Text(Expected),
        7 => Cell.Address(Target),
        8 => Cell.Text(Owner),
        9 => Cell.Text(Evidence.ToString().ToLowerInvariant()),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };

    private string? SessionText => Sessions.Count == 0
        ? null
        : string.Join(", ", Sessions.Select(session => session.Number?.ToString(CultureInfo.InvariantCulture) ?? $"of process {session.Process}"));

    /// <summary>A kind as reports write it.</summary>
    public static string TextOf(VerificationKind kind) => kind switch
    {
        VerificationKind.EntryOutsideModule => "entry-outside-module",
        VerificationKind.EntryRedirected => "entry-redirected",
        VerificationKind.EntriesSwapped => "entries-swapped",
        VerificationKind.InlineHook => "inline-hook",
        VerificationKind.TableRelocated => "table-relocated",
        VerificationKind.LimitChanged => "limit-changed",
        VerificationKind.ArgumentsChanged => "arguments-changed",
        _ => "stub-patched",
    };
}
