namespace NtScope.Debugging.Expressions;

/// <summary>What a token of a MASM expression is.</summary>
internal enum TokenKind
{
    End,
    Number,
    Name,
    Register,
    Operator,
    LeftParenthesis,
    RightParenthesis,
    LeftBracket,
    RightBracket,
    Comma,
    Unknown,
}
