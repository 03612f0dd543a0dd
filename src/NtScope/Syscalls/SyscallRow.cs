using NtScope.Knowledge;
using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>A system service: a row of <c>ntscope.syscalls/1</c>.</summary>
public sealed record SyscallRow : IReportRow<SyscallRow>
{
    /// <summary>The schema of a report of these rows.</summary>
    public const string Schema = "ntscope.syscalls/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("index", "Index", AlignRight: true, Hexadecimal: true),
        new("name", "Name"),
        new("table", "Table", Shown: false),
        new("module", "Module"),
        new("rva", "RVA", AlignRight: true, Hexadecimal: true),
        new("address", "Address", Shown: false, AlignRight: true),
        new("entry", "Entry", AlignRight: true),
        new("stackArguments", "Stack args", AlignRight: true),
        new("parameters", "Params", AlignRight: true),
        new("prototype", "Prototype", Shown: false, OwnLine: true),
        new("nameSource", "Named by", Tallied: true),
    ];

    /// <summary>The number as the caller puts it in EAX; null for a changed stub that no longer says it.</summary>
    public required ServiceIndex? Index { get; init; }

    /// <summary>The service's name; null if nothing names it.</summary>
    public string? Name { get; init; }

    /// <summary>What the name rests on.</summary>
    public NameSource NameSource { get; init; }

    /// <summary>The table; null with <see cref="Index"/>, or for table bits that Windows does not use.</summary>
    public ServiceTableKind? Table => Index?.Table;

    /// <summary>The module that holds the routine, or the stub where no table is at hand.</summary>
    public string? Module { get; init; }

    /// <summary>Where the routine is, or the stub where no table is at hand, in bytes from the module's base.</summary>
    public uint? Rva { get; init; }

    /// <summary>Where the routine is in the target's memory; null for files and known builds.</summary>
    public VirtualAddress? Address { get; init; }

    /// <summary>The table's entry as it stands there; null without a table.</summary>
    public ulong? Entry { get; init; }

    /// <summary>The hexadecimal digits of an entry: 8, or 16 for a file of x64 up to build 10586.</summary>
    public int EntryDigits { get; init; } = 8;

    /// <summary>The arguments that the kernel copies from the caller's stack: on x86 all, on x64 those behind the fourth; null if not known.</summary>
    public int? StackArguments { get; init; }

    /// <summary>The declaration; null if none is known.</summary>
    public Prototype? Prototype { get; init; }

    /// <summary>How many parameters the declaration has; null if none is known.</summary>
    public int? Parameters => Prototype?.Parameters.Count;

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Index?.Value),
        1 => Cell.Text(Name),
        2 => Cell.Text(TextOf(Table)),
        3 => Cell.Text(Module),
        4 => Cell.Number(Rva),
        5 => Cell.Address(Address),
        6 => Cell.Raw(Entry, EntryDigits),
        7 => Cell.Number(StackArguments),
        8 => Cell.Number(Parameters),
        9 => Cell.Text(Prototype?.ToString()),
        10 => Cell.Text(TextOf(NameSource)),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };

    /// <summary>A table as reports write it.</summary>
    public static string? TextOf(ServiceTableKind? table) => table switch
    {
        ServiceTableKind.Nt => "nt",
        ServiceTableKind.Win32k => "win32k",
        ServiceTableKind.Ium => "ium",
        _ => null,
    };

    private static string? TextOf(NameSource source) => source switch
    {
        NameSource.Symbol => "symbol",
        NameSource.Export => "export",
        NameSource.Stub => "stub",
        NameSource.Import => "import",
        NameSource.KnownBuild => "known-build",
        _ => null,
    };
}
