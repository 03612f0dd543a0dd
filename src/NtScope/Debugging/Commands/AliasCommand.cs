using System.Globalization;
using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>as aS</c>: defines an alias.</summary>
public sealed class AliasCommand : IDebuggerCommand
{
    private const int LongestText = 1024;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["as"];

    /// <inheritdoc/>
    public string Usage => "as|aS name text  or  as /x name expression, /ma /mu name address, /c name commands, /f name file";

    /// <inheritdoc/>
    public string Help => "Makes name, and ${name}, stand for a text: the rest of the line (as) or up to the next ; (aS), a value, text in memory, the output of commands, or a file.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var option = arguments.TakeOption();
        var name = arguments.TakeWord();
        if (name.Length == 0 || arguments.AtEnd)
        {
            throw arguments.CaretError("Syntax error");
        }

        session.Aliases.Set(name, option switch
        {
            null => Unquoted(arguments.TakeRest()),
            "/x" => "0x" + arguments.TakeExpression().ToString("x", CultureInfo.InvariantCulture),
            "/ma" => MemoryText.Read(session.Memory, arguments.TakeAddress(), LongestText, 1, session.PointerSize).Text,
            "/mu" => MemoryText.Read(session.Memory, arguments.TakeAddress(), LongestText, 2, session.PointerSize).Text,
            "/c" => Output(session, arguments.TakeRest(), cancellation),
            "/f" => ScriptFile.Read(Unquoted(arguments.TakeRest())),
            _ => throw new DebuggerException($"Unknown option '{option}'"),
        });
        return TextResult.None;
    }

    private static string Unquoted(string text) => text.Length > 1 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;

    private static string Output(DebuggerSession session, string commands, CancellationToken cancellation)
    {
        var text = new StringWriter();
        foreach (var result in new ScriptRunner(session).Run(commands, cancellation))
        {
            result.Write(text, cancellation);
        }

        return text.ToString().TrimEnd('\n');
    }
}
