using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>.foreach</c>: runs a block for each word of another command's output.</summary>
public sealed class ForEachCommand : IBlockCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".foreach"];

    /// <inheritdoc/>
    public string Usage => ".foreach [/pS skip-first] [/ps skip-between] (name { commands }) { commands }  or  /s (name \"words\"), /f (name \"file\")";

    /// <inheritdoc/>
    public string Help => "Runs the first commands, and the block once for each word that they print. In the block, name and ${name} stand for the word.";

    /// <inheritdoc/>
    public IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation)
    {
        var (first, between, source) = (0UL, 0UL, '\0');
        while (arguments.TakeOption() is { } option)
        {
            switch (option)
            {
                case "/pS":
                    first = runner.Session.Evaluator.Evaluate(arguments.TakeWord());
                    break;
                case "/ps":
                    between = runner.Session.Evaluator.Evaluate(arguments.TakeWord());
                    break;
                case "/s" or "/f":
                    source = option[1];
                    break;
                default:
                    throw new DebuggerException($"Unknown option '{option}'");
            }
        }

        var inner = arguments.TakeParentheses().Trim();
        var body = arguments.TakeBlock();
        arguments.RequireEnd();
        var end = inner.AsSpan().IndexOfAny(" \t\n{\"");
        if (end <= 0)
        {
            throw arguments.CaretError("Syntax error");
        }

        var name = inner[..end];
        var words = Words(runner, inner[end..].Trim(), source, cancellation);
        runner.Session.Aliases.All.TryGetValue(name, out var before);
        var running = true;
        for (var i = first; running && i < (ulong)words.Length; i += between + 1)
        {
            cancellation.ThrowIfCancellationRequested();
            runner.Session.Aliases.Set(name, words[i]);
            foreach (var result in runner.RunTurn(body, () => running = false, cancellation)) yield return result;
        }

        runner.Session.Aliases.Remove(name);
        if (before is not null) runner.Session.Aliases.Set(name, before);
    }

    private static string[] Words(ScriptRunner runner, string source, char kind, CancellationToken cancellation)
    {
        string text;
        if (kind == '\0')
        {
            var output = new StringWriter();
            foreach (var result in runner.Run(source.TrimStart('{').TrimEnd('}'), cancellation))
            {
                result.Write(output, cancellation);
            }

            text = output.ToString();
        }
        else
        {
            text = source.Trim('"');
            text = kind == 'f' ? ScriptFile.Read(text) : text;
        }

        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }
}
