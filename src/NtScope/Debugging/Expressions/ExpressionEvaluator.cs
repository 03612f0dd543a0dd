namespace NtScope.Debugging.Expressions;

/// <summary>
/// Evaluates expressions as WinDbg's MASM evaluator does. From loosest to tightest: <c>&amp; ^ |</c> (one level), comparison, shifts,
/// <c>+ -</c>, <c>* / %</c>, unary; all from left to right. Numbers have 64 bits and wrap; division and comparison are signed.
/// </summary>
/// <param name="context">Symbols, registers and memory.</param>
public sealed class ExpressionEvaluator(IExpressionContext context)
{
    /// <summary>Evaluates the whole of <paramref name="text"/>.</summary>
    /// <exception cref="DebuggerException">It is no expression, or what it names does not exist or cannot be read.</exception>
    public ulong Evaluate(string text)
    {
        var position = 0;
        var value = Evaluate(text, ref position, ExpressionKind.Numeric);
        return position == text.Length || string.IsNullOrWhiteSpace(text[position..])
            ? value
            : throw new DebuggerException($"Extra character error at '{text[position..].TrimStart()}'");
    }

    /// <summary>Evaluates the expression that starts at <paramref name="position"/> and leaves it behind the last token that belongs to it.</summary>
    /// <param name="line">The line.</param>
    /// <param name="position">Where to start; then where the expression ended.</param>
    /// <param name="kind">What the command expects.</param>
    /// <exception cref="DebuggerException">It is no expression, or what it names does not exist or cannot be read.</exception>
    public ulong Evaluate(string line, ref int position, ExpressionKind kind)
    {
        var parser = new ExpressionParser(line, position, kind, context);
        var value = parser.ParseExpression();
        position = parser.Position;
        return value;
    }
}
