using System.Globalization;
using System.Text;

namespace NtScope.Debugging.Commands;

/// <summary><c>.reload</c>: tells which symbols the modules have.</summary>
public sealed class ReloadCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".reload"];

    /// <inheritdoc/>
    public string Usage => ".reload [/f] [module]";

    /// <inheritdoc/>
    public string Help => "Tells where the symbols of each module come from. Symbols are loaded with the target; --symbols gives other places.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        while (arguments.TakeOption() is not null)
        {
        }

        var name = arguments.TakeWord();
        var modules = session.Modules.Where(module => name.Length == 0 || module.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        if (modules.Count == 0)
        {
            throw new DebuggerException($"\"{name}\" was not found in the image list");
        }

        var text = new StringBuilder();
        foreach (var module in modules)
        {
            var symbols = module.Symbols is { } source ? source.Count.ToString(CultureInfo.InvariantCulture) + " symbols" : "no symbols";
            text.Append(CultureInfo.InvariantCulture, $"{module.Name}: {symbols}, {module.Pdb?.ToString() ?? "PDB unknown"}\n");
        }

        return new TextResult(text.ToString());
    }
}
