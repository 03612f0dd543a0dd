namespace NtScope.Debugging.Commands;

/// <summary><c>.expr</c>: which evaluator expressions without a mark go to.</summary>
public sealed class EvaluatorCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".expr"];

    /// <inheritdoc/>
    public string Usage => ".expr [/s masm|c++] [/q]";

    /// <inheritdoc/>
    public string Help => "Says how the expressions of commands are read, or chooses: as MASM's, with hexadecimal numbers, or as C++'s. /q lists both.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        const string Masm = "MASM - Microsoft Assembler expressions";
        const string Source = "C++ - C++ source expressions";
        var heading = string.Empty;
        while (arguments.TakeOption() is { } option)
        {
            switch (option)
            {
                case "/s":
                    session.UsesSourceExpressions = arguments.TakeWord().ToLowerInvariant() switch
                    {
                        "c++" => true,
                        "masm" => false,
                        _ => throw arguments.CaretError("Syntax error"),
                    };
                    break;
                case "/q":
                    heading = $"Available expression evaluators:\n{Masm}\n{Source}\n\n";
                    break;
                default:
                    throw new DebuggerException($"Unknown option '{option}'");
            }
        }

        arguments.RequireEnd();
        return new TextResult($"{heading}Current expression evaluator: {(session.UsesSourceExpressions ? Source : Masm)}\n");
    }
}
