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
        var text = string.Create(CultureInfo.InvariantCulture, $"Evaluate expression: {Signed(value, session)} = {(IsNarrow(value, session) ? session.Format(new VirtualAddress(value)) : Hexadecimal.Wide(value))}");

        // The engine shows the value even when it then complains about what follows it.
        return arguments.AtEnd ? new EvaluationResult(value, text + "\n") : throw new DebuggerException(text + "\n" + arguments.CaretError("Extra character error", 1).Message);
    }

    private static long Signed(ulong value, DebuggerSession session) => IsNarrow(value, session) ? (int)value : unchecked((long)value);

    // Of a 32-bit target values have 32 bits, unless they need more.
    private static bool IsNarrow(ulong value, DebuggerSession session) =>
        session.PointerSize == sizeof(uint) && (value <= uint.MaxValue || unchecked((long)value) == (int)value);
}
