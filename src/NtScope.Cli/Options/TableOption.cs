using System.CommandLine;
using NtScope.Syscalls;

namespace NtScope.Cli.Options;

/// <summary>The option that picks service tables.</summary>
internal sealed class TableOption
{
    private readonly Option<string?> _table = new("--table", "-t")
    {
        HelpName = "nt|win32k|ium|all",
        Description = "The service table; without it, those that the target itself holds",
    };

    /// <summary>Gives a verb the option.</summary>
    public TableOption(Command command)
    {
        _table.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "nt", "win32k", "ium", "all");
        command.Add(_table);
    }

    /// <summary>The tables that the command line asks for.</summary>
    public SyscallOptions Of(ParseResult parsed, CancellationToken cancellation) => new()
    {
        Cancellation = cancellation,
        Tables = parsed.GetValue(_table)?.ToLowerInvariant() switch
        {
            "nt" => [ServiceTableKind.Nt],
            "win32k" => [ServiceTableKind.Win32k],
            "ium" => [ServiceTableKind.Ium],
            "all" => [ServiceTableKind.Nt, ServiceTableKind.Win32k, ServiceTableKind.Ium],
            _ => [],
        },
    };
}
