using System.Globalization;

namespace NtScope.Debugging.Commands;

/// <summary><c>?</c>: evaluates an expression.</summary>
public sealed class EvaluateCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["?"];

    /// <inheritdoc/>
    public string Usage => "? expression";

    /// <inheritdoc/>
    public string Help => "Evaluates an expression and shows it in decimal and hexadecimal. Numbers are hexadecimal without a prefix.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var value = arguments.TakeExpression();
        var text = string.Create(CultureInfo.InvariantCulture, $"Evaluate expression: {Signed(value, session)} = {session.Format(new VirtualAddress(value))}");

        // The engine shows the value even when it then complains about what follows it.
        return arguments.AtEnd ? new EvaluationResult(value, text + "\n") : throw new DebuggerException(text + "\n" + arguments.CaretError("Extra character error", 1).Message);
    }

    private static long Signed(ulong value, DebuggerSession session) => session.PointerSize == sizeof(uint) ? (int)value : unchecked((long)value);
}
