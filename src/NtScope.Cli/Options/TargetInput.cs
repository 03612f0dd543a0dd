using System.CommandLine;

namespace NtScope.Cli.Options;

/// <summary>What every verb that looks at one target takes: the target (images may be several, to be joined), and where its symbols are.</summary>
internal sealed class TargetInput
{
    private readonly Argument<string[]> _names;
    private readonly SymbolsOption _symbols;

    /// <summary>Gives a verb these inputs.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="description">What it takes, for its help.</param>
    public TargetInput(Command command, string description)
    {
        _names = new Argument<string[]>("target") { Description = description, Arity = ArgumentArity.ZeroOrMore };
        command.Add(_names);
        _symbols = new SymbolsOption(command);
    }

    /// <summary>Opens the target that the command line names; on Windows, none means the system's own folder.</summary>
    /// <exception cref="InputException">There is no target, or it cannot be used.</exception>
    public Target Open(ParseResult parsed, IProgress<Progress> progress, CancellationToken cancellation)
    {
        var names = parsed.GetValue(_names) ?? [];
        if (names.Length == 0)
        {
            names = OperatingSystem.IsWindows()
                ? [Environment.SystemDirectory]
                : throw new InputException(parsed.CommandResult.Command.Name, "no target: name a known build, an image, a folder or a capture");
        }

        return _symbols.Open(names, parsed, progress, cancellation);
    }
}
