using System.Buffers;

namespace NtScope.Debugging.Expressions;

/// <summary>Cuts a MASM expression into tokens, one at a time, since where an expression ends is known only by the next token.</summary>
internal ref struct ExpressionLexer(string line, int position, int radix)
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$:!@?#.`");

    private static readonly string[] Operators = [">>>", "<<", ">>", "==", "<=", ">=", "!=", "+", "-", "*", "/", "%", "=", "<", ">", "&", "|", "^", "~"];

    private readonly string _line = line;
    private readonly int _radix = radix;

    /// <summary>Where the next token is looked for.</summary>
    public int Position { get; set; } = position;

    /// <summary>The next token without taking it.</summary>
    public readonly Token Peek() => Scan(Position);

    /// <summary>Takes the next token.</summary>
    public Token Next()
    {
        var token = Scan(Position);
        Position = token.End;
        return token;
    }

    private readonly Token Scan(int position)
    {
        while (position < _line.Length && char.IsWhiteSpace(_line[position]))
        {
            position++;
        }

        if (position >= _line.Length)
        {
            return new Token(TokenKind.End, string.Empty, 0, position, 0);
        }

        var single = _line[position] switch
        {
            '(' => TokenKind.LeftParenthesis,
            ')' => TokenKind.RightParenthesis,
            '[' => TokenKind.LeftBracket,
            ']' => TokenKind.RightBracket,
            ',' => TokenKind.Comma,
            _ => TokenKind.End,
        };
        if (single != TokenKind.End)
        {
            return new Token(single, _line.Substring(position, 1), 0, position, 1);
        }

        if (_line[position] == '\'')
        {
            return ScanCharacters(position);
        }

        foreach (var candidate in Operators)
        {
            if (string.CompareOrdinal(_line, position, candidate, 0, candidate.Length) == 0)
            {
                return new Token(TokenKind.Operator, candidate, 0, position, candidate.Length);
            }
        }

        return ScanWord(position);
    }

    private readonly Token ScanWord(int start)
    {
        var end = start;
        while (end < _line.Length && NameCharacters.Contains(_line[end]))
        {
            // "a!=b" compares; "a!b" names a symbol.
            if (_line[end] == '!' && end + 1 < _line.Length && _line[end + 1] == '=')
            {
                break;
            }

            end++;
        }

        if (end == start)
        {
            return new Token(TokenKind.Unknown, _line.Substring(start, 1), 0, start, 1);
        }

        var text = _line[start..end];
        if (text[0] == '@')
        {
            return new Token(TokenKind.Register, text[1..], 0, start, text.Length);
        }

        if (char.IsAsciiHexDigit(text[0]) && NumberReader.TryRead(text, _radix, out var value, out var overflow))
        {
            return overflow ? throw new DebuggerException($"Overflow error at '{_line[start..]}'") : new Token(TokenKind.Number, text, value, start, text.Length);
        }

        if (char.IsAsciiDigit(text[0]))
        {
            throw SyntaxError(start);
        }

        return new Token(text[0] == '$' ? TokenKind.Register : TokenKind.Name, text, 0, start, text.Length);
    }

    // 'ABCD' is the number 41424344h: the first character is the highest byte.
    private readonly Token ScanCharacters(int start)
    {
        var close = _line.IndexOf('\'', start + 1);
        if (close < 0 || close == start + 1 || close - start - 1 > sizeof(ulong))
        {
            throw SyntaxError(start);
        }

        ulong value = 0;
        foreach (var character in _line.AsSpan((start + 1)..close))
        {
            value = (value << 8) | (byte)character;
        }

        return new Token(TokenKind.Number, _line[start..(close + 1)], value, start, close + 1 - start);
    }

    private readonly DebuggerException SyntaxError(int start) => new($"Syntax error at '{_line[start..]}'");
}
