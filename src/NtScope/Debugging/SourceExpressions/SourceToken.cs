namespace NtScope.Debugging.SourceExpressions;

/// <summary>A token of a C++ expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The characters of a name or an operator.</param>
/// <param name="Start">Where it starts in the line.</param>
/// <param name="Length">How many characters it takes.</param>
/// <param name="Value">The value of a number or a character.</param>
internal readonly record struct SourceToken(SourceTokenKind Kind, string Text, int Start, int Length, SourceValue? Value = null)
{
    public int End => Start + Length;

    public bool Is(string operation) => Kind == SourceTokenKind.Operator && Text == operation;
}
