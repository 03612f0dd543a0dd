using System.IO.Enumeration;

namespace NtScope.Debugging.Commands;

/// <summary><c>lm</c>: the modules.</summary>
public sealed class ListModulesCommand : IDebuggerCommand
{
    private const string Letters = "vkulteocnfpDas";

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["lm", "lmv", "lmvm", "lmm", "lm1m", "lmk", "lmu", "lmt", "lmn", "lmf", "lma", "lmD"];

    /// <inheritdoc/>
    public string Usage => "lm[v|t|n|f] [k|u] [1m] [m pattern] [a address]";

    /// <inheritdoc/>
    public string Help =>
        "Lists the modules: all, those of the kernel's half (k) or the user's (u), those whose name matches a pattern, or the one that covers an address; "
        + "v adds what the images say of themselves, t when they were linked, n and f the files' names, 1m shows names alone.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var choice = new Choice();
        var glued = arguments.Name.ToLowerInvariant()[2..];
        Take(glued, session, arguments, ref choice);
        while (!arguments.AtEnd)
        {
            Take(arguments.TakeWord(), session, arguments, ref choice);
        }

        var half = session.PointerSize == sizeof(ulong) ? 0xFFFF_8000_0000_0000 : 0x8000_0000;
        var modules = session.Modules
            .Where(module => module.Base is { } start && (choice.Half is not { } kernel || start.Value >= half == kernel))
            .Where(module => FileSystemName.MatchesSimpleExpression(choice.Pattern, module.Name))
            .Where(module => choice.Inside is not { IsZero: false } address || module.Contains(address))
            .OrderBy(module => module.Base!.Value.Value);
        return new ModuleListing([.. modules], session.PointerSize, choice.Shape, choice.Heading);
    }

    private static void Take(string word, DebuggerSession session, CommandArguments arguments, ref Choice choice)
    {
        for (var i = 0; i < word.Length; i++)
        {
            switch (word[i])
            {
                case 'm' or 'M':
                    choice.Pattern = i + 1 < word.Length ? word[(i + 1)..] : arguments.TakeWord() is { Length: > 0 } pattern ? pattern : "*";
                    return;
                case 'a':
                    choice.Inside = arguments.TakeAddress();
                    return;
                case '1' when i + 1 < word.Length && word[i + 1] == 'm':
                    choice.Shape = ModuleListingShape.Names;
                    if (!arguments.AtEnd) choice.Pattern = arguments.TakeWord();
                    return;
                case 'v':
                    choice.Shape = ModuleListingShape.Verbose;
                    break;
                case 't':
                    choice.Shape = ModuleListingShape.Times;
                    break;
                case 'n' or 'f':
                    choice.Shape = ModuleListingShape.Files;
                    break;
                case 'k' or 'u':
                    choice.Half = word[i] == 'k';
                    break;
                default:
                    if (!Letters.Contains(word[i], StringComparison.OrdinalIgnoreCase)) choice.Heading += $"Unknown option '{word[i]}'\n";
                    break;
            }
        }
    }

    private struct Choice()
    {
        public string Pattern = "*";
        public string Heading = string.Empty;
        public VirtualAddress? Inside;
        public bool? Half;
        public ModuleListingShape Shape;
    }
}
