using System.CommandLine;
using NtScope.Symbols;
using NtScope.Targets;

namespace NtScope.Cli.Options;

/// <summary>The option that says where symbols are, and the opening of targets with them.</summary>
internal sealed class SymbolsOption
{
    private const string Variable = "_NT_SYMBOL_PATH";

    private readonly Option<string?> _symbols = new("--symbols")
    {
        HelpName = "path",
        Description = $"Where to look for PDB and ISF files: folders, srv*CACHE*SERVER; without it, {Variable}",
    };

    /// <summary>Gives a verb the option.</summary>
    public SymbolsOption(Command command) => command.Add(_symbols);

    /// <summary>Opens a target by its name or, of images, names.</summary>
    /// <exception cref="InputException">It cannot be used.</exception>
    public Target Open(IReadOnlyList<string> names, ParseResult parsed, IProgress<Progress> progress, CancellationToken cancellation) =>
        TargetOpener.Open(names, new TargetOptions
        {
            Symbols = SymbolPath.Parse(parsed.GetValue(_symbols) ?? Environment.GetEnvironmentVariable(Variable) ?? string.Empty),
            Progress = progress,
            Cancellation = cancellation,
        });
}
