using NtScope.Symbols.Types;

namespace NtScope.Debugging.SourceExpressions;

/// <summary>Parses and evaluates a C++ expression in one pass, from the loosest operator to the tightest.</summary>
internal ref struct SourceParser
{
    private static readonly string[][] Levels =
    [
        ["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", ">", "<=", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
    ];

    private readonly DebuggerSession _session;
    private readonly string _line;
    private readonly SourceOperations _operations;
    private SourceLexer _lexer;
    private int _depth;

    public SourceParser(DebuggerSession session, string line, int position)
    {
        _session = session;
        _line = line;
        _operations = new SourceOperations(session);
        _lexer = new SourceLexer(line, position);
    }

    /// <summary>Behind the last token that was taken.</summary>
    public readonly int Position => _lexer.Position;

    public SourceValue Parse()
    {
        if (++_depth > Limits.ExpressionDepth)
        {
            throw new DebuggerException($"Expression too complex error at '{Rest}'");
        }

        var value = ParseBinary(0);
        if (Take("?"))
        {
            var left = ParseUnless(!value.IsTrue);
            Expect(":");
            var right = ParseUnless(value.IsTrue);
            value = value.IsTrue ? left : right;
        }

        _depth--;
        return value;
    }

    // What does not count is parsed, but nothing is read for it.
    private SourceValue ParseUnless(bool skipped)
    {
        _operations.Skipped += skipped ? 1 : 0;
        var value = Parse();
        _operations.Skipped -= skipped ? 1 : 0;
        return value;
    }

    private SourceValue ParseBinary(int level)
    {
        if (level == Levels.Length)
        {
            return ParseUnary();
        }

        var left = ParseBinary(level + 1);
        for (var next = _lexer.Peek(); next.Kind == SourceTokenKind.Operator && Array.IndexOf(Levels[level], next.Text) >= 0; next = _lexer.Peek())
        {
            _lexer.Position = next.End;
            var decided = (next.Text == "&&" && !left.IsTrue) || (next.Text == "||" && left.IsTrue);
            _operations.Skipped += decided ? 1 : 0;
            var right = ParseBinary(level + 1);
            _operations.Skipped -= decided ? 1 : 0;
            left = _operations.Apply(next.Text, left, right, Rest);
        }

        return left;
    }

    private SourceValue ParseUnary()
    {
        if (++_depth > Limits.ExpressionDepth)
        {
            throw new DebuggerException($"Expression too complex error at '{Rest}'");
        }

        var token = _lexer.Peek();
        SourceValue value;
        if (token.Kind == SourceTokenKind.Operator && token.Text is "-" or "+" or "~" or "!" or "*" or "&")
        {
            _lexer.Position = token.End;
            var operand = ParseUnary();
            value = token.Text switch
            {
                "*" => _operations.Pointed(operand, 0, Rest),
                "&" => operand.Address is { } address
                    ? new SourceValue(TypeReference.PointerTo(operand.Type, (uint)_session.PointerSize), address.Value)
                    : throw new DebuggerException($"Operand error at '{Rest}'"),
                _ => SourceOperations.Apply(token.Text, operand, Rest),
            };
        }
        else if (token.Is("(") && TryParseCast() is { } type)
        {
            value = _operations.Cast(ParseUnary(), type, Rest);
        }
        else
        {
            value = ParsePostfix();
        }

        _depth--;
        return value;
    }

    private TypeReference? TryParseCast()
    {
        var start = _lexer.Position;
        Take("(");
        if (ParseType() is { } type && Take(")"))
        {
            return type;
        }

        _lexer.Position = start;
        return null;
    }

    /// <summary>The type that comes next, with its stars; null, and nothing taken, if none does.</summary>
    private TypeReference? ParseType()
    {
        var start = _lexer.Position;
        var words = new List<string>();
        for (var token = _lexer.Peek(); token.Kind == SourceTokenKind.Name && (words.Count == 0 || SourceTypes.IsKeyword(token.Text)); token = _lexer.Peek())
        {
            _lexer.Position = token.End;
            if (token.Text is "struct" or "union" or "enum" or "class" or "const" or "volatile") continue;
            words.Add(token.Text);
            if (!SourceTypes.IsKeyword(token.Text)) break;
        }

        var name = string.Join(' ', words);
        var type = words.Count == 0 ? null : SourceTypes.Of(name) ?? NamedType(name);
        if (type is null)
        {
            _lexer.Position = start;
            return null;
        }

        while (Take("*"))
        {
            type = TypeReference.PointerTo(type, (uint)_session.PointerSize);
        }

        return type;
    }

    private readonly TypeReference? NamedType(string name)
    {
        if (_session.Types.TryGetStructure(name, out var structure))
        {
            return new TypeReference(structure.IsUnion ? TypeKind.Union : TypeKind.Structure, structure.Name, structure.Size);
        }

        return _session.Types.TryGetEnumeration(name, out var enumeration) ? new TypeReference(TypeKind.Enumeration, enumeration.Name, enumeration.Size) : null;
    }

    private SourceValue ParsePostfix()
    {
        var value = ParsePrimary();
        while (true)
        {
            if (Take("["))
            {
                var index = Parse();
                Expect("]");
                value = _operations.Pointed(value, (long)index.As(SourceTypes.Wide).Bits, Rest);
            }
            else if (Take("->"))
            {
                var member = TakeName();
                value = _operations.Member(_operations.Target(value, member.Text), member.Text);
            }
            else if (Take("."))
            {
                value = _operations.Member(value, TakeName().Text);
            }
            else
            {
                return value;
            }
        }
    }

    private SourceValue ParsePrimary()
    {
        var token = _lexer.Peek();
        if (token.Kind == SourceTokenKind.Value)
        {
            _lexer.Position = token.End;
            return token.Value!;
        }

        if (Take("("))
        {
            var value = Parse();
            Expect(")");
            return value;
        }

        if (token.Kind != SourceTokenKind.Name)
        {
            throw new DebuggerException($"Syntax error at '{RestFrom(token.Start)}'");
        }

        _lexer.Position = token.End;
        switch (token.Text)
        {
            case "sizeof":
                return ParseSize();
            case "true" or "false":
                return SourceValue.Of(token.Text == "true");
            case "#FIELD_OFFSET":
                return ParseFieldOffset();
            case "@@" or "@@masm":
                return ParseMasm();
            case "@@c++":
                Expect("(");
                var inner = Parse();
                Expect(")");
                return inner;
        }

        if (token.Text[0] is '@' or '$' && _session.TryGetRegister(token.Text.TrimStart('@'), out var register))
        {
            return new SourceValue(SourceTypes.UnsignedWide, register);
        }

        // Public symbols have a place and no type, so no value.
        throw new DebuggerException(
            (_session.Symbols.Find(token.Text).Count > 0 ? $"Unimplemented error for {token.Text[(token.Text.IndexOf('!', StringComparison.Ordinal) + 1)..]}\n" : string.Empty)
            + $"Couldn't resolve error at '{RestFrom(token.Start)}'");
    }

    private SourceValue ParseSize()
    {
        Expect("(");
        var start = _lexer.Position;
        var type = ParseType();
        if (type is null || !_lexer.Peek().Is(")"))
        {
            _lexer.Position = start;
            type = ParseUnless(skipped: true).Type;
        }

        Expect(")");
        return new SourceValue(SourceTypes.UnsignedWide, type.Size);
    }

    private SourceValue ParseFieldOffset()
    {
        Expect("(");
        var start = _lexer.Peek().Start;
        var type = ParseType() ?? throw new DebuggerException($"Couldn't resolve error at '{RestFrom(start)}'");
        Expect(",");
        var at = new SourceValue(type, 0, VirtualAddress.Zero);
        _operations.Skipped++;
        do
        {
            at = _operations.Member(at, TakeName().Text);
        }
        while (Take("."));
        _operations.Skipped--;
        Expect(")");
        return new SourceValue(SourceTypes.Long, at.Address!.Value.Value);
    }

    private SourceValue ParseMasm()
    {
        Expect("(");
        var position = _lexer.Position;
        var value = _session.EvaluateNested(_line, ref position);
        _lexer.Position = position;
        Expect(")");
        return new SourceValue(SourceTypes.UnsignedWide, value);
    }

    private SourceToken TakeName()
    {
        var token = _lexer.Peek();
        if (token.Kind != SourceTokenKind.Name)
        {
            throw new DebuggerException($"Syntax error at '{RestFrom(token.Start)}'");
        }

        _lexer.Position = token.End;
        return token;
    }

    private bool Take(string operation)
    {
        var token = _lexer.Peek();
        if (!token.Is(operation))
        {
            return false;
        }

        _lexer.Position = token.End;
        return true;
    }

    private void Expect(string operation)
    {
        if (!Take(operation))
        {
            throw new DebuggerException($"Unexpected token '{RestFrom(_lexer.Peek().Start)}'");
        }
    }

    private readonly string Rest => RestFrom(_lexer.Peek().Start);

    private readonly string RestFrom(int start) => start >= _line.Length ? "<EOL>" : _line[start..];
}
