using System.Buffers.Binary;
using System.IO.Enumeration;

namespace NtScope.Debugging.Expressions;

/// <summary>Parses and evaluates one expression in a single pass, as the MASM evaluator does.</summary>
internal ref struct ExpressionParser
{
    private const int LoosestLevel = 0;
    private const int TightestLevel = 4;

    private readonly string _line;
    private readonly ExpressionKind _kind;
    private readonly IExpressionContext _context;
    private ExpressionLexer _lexer;
    private int _lastStart;
    private int _depth;

    public ExpressionParser(string line, int position, ExpressionKind kind, IExpressionContext context)
    {
        _line = line;
        _kind = kind;
        _context = context;
        _lexer = new ExpressionLexer(line, position, context.Radix);
        _lastStart = position;
    }

    /// <summary>Behind the last token that was taken.</summary>
    public readonly int Position => _lexer.Position;

    public ulong ParseExpression() => ParseBinary(LoosestLevel);

    private static int LevelOf(in Token token) => token.Kind switch
    {
        TokenKind.Operator => token.Text switch
        {
            "&" or "^" or "|" => 0,
            "=" or "==" or "!=" or "<" or ">" or "<=" or ">=" => 1,
            "<<" or ">>" or ">>>" => 2,
            "+" or "-" => 3,
            "*" or "/" or "%" => 4,
            _ => -1,
        },
        TokenKind.Name => token.Text.ToLowerInvariant() switch
        {
            "and" or "or" or "xor" => 0,
            "mod" => 4,
            _ => -1,
        },
        _ => -1,
    };

    private ulong ParseBinary(int level)
    {
        if (level > TightestLevel)
        {
            return ParseUnary();
        }

        var left = ParseBinary(level + 1);
        for (var next = _lexer.Peek(); LevelOf(next) == level; next = _lexer.Peek())
        {
            Take();
            var right = ParseBinary(level + 1);
            left = Apply(next.Text.ToLowerInvariant(), left, right);
        }

        return left;
    }

    private readonly ulong Apply(string operation, ulong left, ulong right) => operation switch
    {
        "+" => unchecked(left + right),
        "-" => unchecked(left - right),
        "*" => unchecked(left * right),
        "/" => Divide(left, right, remainder: false),
        "%" or "mod" => Divide(left, right, remainder: true),
        "<<" => left << (int)(right & 63),
        ">>" => left >> (int)(right & 63),
        ">>>" => unchecked((ulong)((long)left >> (int)(right & 63))),
        "=" or "==" => left == right ? 1UL : 0UL,
        "!=" => left != right ? 1UL : 0UL,
        "<" => (long)left < (long)right ? 1UL : 0UL,
        ">" => (long)left > (long)right ? 1UL : 0UL,
        "<=" => (long)left <= (long)right ? 1UL : 0UL,
        ">=" => (long)left >= (long)right ? 1UL : 0UL,
        "&" or "and" => left & right,
        "^" or "xor" => left ^ right,
        _ => left | right,
    };

    private readonly ulong Divide(ulong left, ulong right, bool remainder)
    {
        if (right == 0)
        {
            throw new DebuggerException($"Operand error at '{RestFrom(_lastStart)}'");
        }

        // The only signed quotient that does not fit; the processor would trap.
        if (unchecked((long)right) == -1)
        {
            return remainder ? 0 : unchecked(0 - left);
        }

        return unchecked((ulong)(remainder ? (long)left % (long)right : (long)left / (long)right));
    }

    private ulong ParseUnary()
    {
        if (++_depth > Limits.ExpressionDepth)
        {
            throw new DebuggerException($"Expression too complex error at '{RestFrom(_lexer.Position)}'");
        }

        var value = ParseUnaryOperand();
        _depth--;
        return value;
    }

    private ulong ParseUnaryOperand()
    {
        var token = _lexer.Peek();
        switch (token.Kind)
        {
            case TokenKind.Operator when token.Text is "+" or "-" or "~":
                Take();
                var operand = ParseUnary();
                return token.Text switch { "-" => unchecked(0 - operand), "~" => operand == 0 ? 1UL : 0UL, _ => operand };
            case TokenKind.Operator or TokenKind.End or TokenKind.RightParenthesis or TokenKind.RightBracket or TokenKind.Comma:
                throw new DebuggerException($"{_kind} expression missing from '{RestFrom(token.Start)}'");
            case TokenKind.Unknown:
                throw new DebuggerException($"Syntax error at '{RestFrom(token.Start)}'");
            case TokenKind.LeftParenthesis:
                return ParseBracketed(TokenKind.RightParenthesis);
            case TokenKind.LeftBracket:
                return ParseBracketed(TokenKind.RightBracket);
            case TokenKind.Number:
                Take();
                return token.Value;
            case TokenKind.Register:
                return ParseRegister(token);
            default:
                return ParseName(token);
        }
    }

    private ulong ParseBracketed(TokenKind closing)
    {
        Take();
        var value = ParseExpression();
        Expect(closing);
        return value;
    }

    private void Expect(TokenKind kind)
    {
        var token = _lexer.Peek();
        if (token.Kind != kind)
        {
            throw new DebuggerException($"Syntax error at '{RestFrom(token.Start)}'");
        }

        Take();
    }

    private ulong ParseRegister(in Token token)
    {
        if (token.Text is "@masm" && _line.AsSpan(token.End).TrimStart().StartsWith("(", StringComparison.Ordinal))
        {
            Take();
            return ParseBracketed(TokenKind.RightParenthesis);
        }

        if (SourceStart(token) is { } start)
        {
            _lastStart = token.Start;
            _lexer.Position = start;
            var source = _context.EvaluateSource(_line, ref start);
            _lexer.Position = start;
            Expect(TokenKind.RightParenthesis);
            return source;
        }

        switch (token.Text)
        {
            case "$iment" or "$vvalid" or "$scmp" or "$sicmp" or "$spat":
                Take();
                return ParseFunction(token.Text);
            case "$pby" or "$pwo" or "$pdwo" or "$pqwo":
                throw new DebuggerException($"Physical memory is not part of expressions here: use a command, at '{RestFrom(token.Start)}'");
        }

        Take();
        return _context.TryGetRegister(token.Text, out var value)
            ? value
            : throw new DebuggerException($"Bad register error at '{RestFrom(token.Start)}'");
    }

    // "@@(" and "@@c++(" hand over to the other evaluator: where its expression starts, or null.
    private readonly int? SourceStart(in Token token)
    {
        var open = token.Text switch
        {
            "@" => token.End,
            "@c" when _line.AsSpan(token.End).StartsWith("++") => token.End + 2,
            _ => _line.Length,
        };
        while (open < _line.Length && char.IsWhiteSpace(_line[open])) open++;
        return open < _line.Length && _line[open] == '(' ? open + 1 : null;
    }

    private ulong ParseFunction(string name)
    {
        Expect(TokenKind.LeftParenthesis);
        ulong result;
        switch (name)
        {
            case "$iment":
                var image = new VirtualAddress(ParseExpression());
                result = _context.TryGetEntryPoint(image, out var entryPoint)
                    ? entryPoint.Value
                    : throw new DebuggerException($"Memory access error at '{RestFrom(_lastStart)}'");
                break;
            case "$vvalid":
                var address = new VirtualAddress(ParseExpression());
                Expect(TokenKind.Comma);
                result = IsReadable(address, ParseExpression()) ? 1UL : 0UL;
                break;
            default:
                var left = TakeText();
                Expect(TokenKind.Comma);
                var right = TakeText();
                result = name switch
                {
                    "$scmp" => Order(string.CompareOrdinal(left, right)),
                    "$sicmp" => Order(string.Compare(left, right, StringComparison.OrdinalIgnoreCase)),
                    _ => FileSystemName.MatchesSimpleExpression(right, left) ? 1UL : 0UL,
                };
                break;
        }

        Expect(TokenKind.RightParenthesis);
        return result;
    }

    private static ulong Order(int comparison) => unchecked((ulong)Math.Sign(comparison));

    private readonly bool IsReadable(VirtualAddress address, ulong length)
    {
        Span<byte> chunk = stackalloc byte[512];
        for (ulong done = 0; done < length && done < Limits.DebuggerRangeBytes; done += (ulong)chunk.Length)
        {
            var part = chunk[..(int)Math.Min((ulong)chunk.Length, length - done)];
            if (!_context.Memory.TryRead(address + done, part, out _))
            {
                return false;
            }
        }

        return length <= Limits.DebuggerRangeBytes;
    }

    // String arguments stand in double quotes, which no other token uses.
    private string TakeText()
    {
        var start = _lexer.Position;
        while (start < _line.Length && char.IsWhiteSpace(_line[start]))
        {
            start++;
        }

        var close = start < _line.Length && _line[start] == '"' ? _line.IndexOf('"', start + 1) : -1;
        if (close < 0)
        {
            throw new DebuggerException($"Syntax error at '{RestFrom(start)}'");
        }

        _lexer.Position = close + 1;
        return _line[(start + 1)..close];
    }

    private ulong ParseName(in Token token)
    {
        Take();
        switch (token.Text.ToLowerInvariant())
        {
            case "not":
                return ParseUnary() == 0 ? 1UL : 0UL;
            case "hi":
                return (ParseUnary() >> 16) & 0xffff;
            case "low":
                return ParseUnary() & 0xffff;
            case "by":
                return Dereference(sizeof(byte));
            case "wo":
                return Dereference(sizeof(ushort));
            case "dwo":
                return Dereference(sizeof(uint));
            case "qwo":
                return Dereference(sizeof(ulong));
            case "poi":
                return Dereference(_context.Memory.PointerSize);
        }

        if (token.Text == "." && _context.TryGetRegister("$ip", out var instructionPointer))
        {
            return instructionPointer;
        }

        var found = _context.FindSymbol(token.Text);
        if (found.Count > 1)
        {
            throw new DebuggerException(AmbiguityMessage(token.Text, found, token.Start));
        }

        if (found.Count == 1)
        {
            return found[0].Value;
        }

        return _context.TryGetRegister(token.Text.ToLowerInvariant(), out var value)
            ? value
            : throw new DebuggerException($"Couldn't resolve error at '{RestFrom(token.Start)}'");
    }

    private readonly string AmbiguityMessage(string name, IReadOnlyList<VirtualAddress> found, int start)
    {
        var pointerSize = _context.Memory.PointerSize;
        var matches = found.Select(address => $"Matched: {Hexadecimal.Address(address.Value, pointerSize)} {name}");
        return string.Join('\n', matches) + $"\nAmbiguous symbol error at '{RestFrom(start)}'";
    }

    private ulong Dereference(int size)
    {
        var address = new VirtualAddress(ParseUnary());
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        return _context.Memory.TryRead(address, bytes[..size], out _)
            ? BinaryPrimitives.ReadUInt64LittleEndian(bytes)
            : throw new DebuggerException($"Memory access error at '{RestFrom(_lastStart)}'");
    }

    private void Take()
    {
        _lastStart = _lexer.Peek().Start;
        _lexer.Next();
    }

    private readonly string RestFrom(int start) => start >= _line.Length ? "<EOL>" : _line[start..];
}
