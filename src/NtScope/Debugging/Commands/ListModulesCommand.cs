using System.IO.Enumeration;

namespace NtScope.Debugging.Commands;

/// <summary><c>lm lmv</c>: the modules.</summary>
public sealed class ListModulesCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["lm", "lmv", "lmm", "lmvm"];

    /// <inheritdoc/>
    public string Usage => "lm[v] [m pattern] [a address]";

    /// <inheritdoc/>
    public string Help => "Lists the modules: all, those whose name matches a pattern, or the one that covers an address; v adds what the images say of themselves.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var name = arguments.Name.ToLowerInvariant();
        var verbose = name.Contains('v', StringComparison.Ordinal);
        var pattern = name.EndsWith('m') && name.Length > 2 ? arguments.TakeWord() : "*";
        VirtualAddress? inside = null;
        while (!arguments.AtEnd)
        {
            switch (arguments.TakeWord())
            {
                case "m":
                    pattern = arguments.TakeWord();
                    break;
                case "a":
                    inside = arguments.TakeAddress();
                    break;
                case "v":
                    verbose = true;
                    break;
                case "vm":
                    verbose = true;
                    pattern = arguments.TakeWord();
                    break;
                case "k" or "u" or "l" or "t" or "n" or "o" or "f" or "p":
                    break;
                default:
                    throw arguments.CaretError("Syntax error");
            }
        }

        var modules = session.Modules
            .Where(module => module.Base is not null && FileSystemName.MatchesSimpleExpression(pattern, module.Name))
            .Where(module => inside is not { } address || module.Contains(address))
            .OrderBy(module => module.Base!.Value.Value);
        return new ModuleListing([.. modules], session.PointerSize, verbose);
    }
}
