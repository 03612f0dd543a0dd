namespace NtScope.Debugging.Expressions;

/// <summary>A token of a MASM expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The characters; for a register without its <c>@</c>, for a text without its quotes.</param>
/// <param name="Value">The value of a number.</param>
/// <param name="Start">Where it starts in the line.</param>
/// <param name="Length">How many characters it takes.</param>
internal readonly record struct Token(TokenKind Kind, string Text, ulong Value, int Start, int Length)
{
    public int End => Start + Length;

    public bool IsOperator(string text) => Kind == TokenKind.Operator && Text == text;
}
