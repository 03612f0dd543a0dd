using System.Globalization;

namespace NtScope.Debugging.SourceExpressions;

/// <summary>Cuts a C++ expression into tokens, one at a time.</summary>
internal ref struct SourceLexer(string line, int position)
{
    private static readonly string[] Operators =
        ["->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "%", "&", "|", "^", "~", "!", "<", ">", "?", ":", "(", ")", "[", "]", ".", ",", "="];

    private readonly string _line = line;

    /// <summary>Where the next token is looked for.</summary>
    public int Position { get; set; } = position;

    /// <summary>The next token without taking it.</summary>
    public readonly SourceToken Peek()
    {
        var start = Position;
        while (start < _line.Length && char.IsWhiteSpace(_line[start]))
        {
            start++;
        }

        if (start >= _line.Length)
        {
            return new SourceToken(SourceTokenKind.End, string.Empty, start, 0);
        }

        var first = _line[start];
        if (char.IsAsciiDigit(first) || (first == '.' && start + 1 < _line.Length && char.IsAsciiDigit(_line[start + 1])))
        {
            return Number(start);
        }

        if (char.IsAsciiLetter(first) || first is '_' or '@' or '$' or '#')
        {
            return Name(start);
        }

        if (first == '\'')
        {
            return Character(start);
        }

        if (first == '"')
        {
            throw new DebuggerException($"String literals not allowed in '{_line[start..]}'");
        }

        foreach (var candidate in Operators)
        {
            if (string.CompareOrdinal(_line, start, candidate, 0, candidate.Length) == 0)
            {
                return new SourceToken(SourceTokenKind.Operator, candidate, start, candidate.Length);
            }
        }

        throw new DebuggerException($"Unexpected character in '{_line[start..]}'");
    }

    private readonly SourceToken Name(int start)
    {
        var end = start + 1;
        while (end < _line.Length && (char.IsAsciiLetterOrDigit(_line[end]) || _line[end] is '_' or '$' or '@'
            || (_line[end] == '!' && end + 1 < _line.Length && _line[end + 1] != '=')
            || (_line[end] == ':' && end + 2 < _line.Length && (_line[end + 1] == ':' || _line[end - 1] == ':'))))
        {
            end++;
        }

        // The name of this evaluator itself ends in characters that no other name has.
        if (_line.AsSpan(start, end - start).SequenceEqual("@@c") && _line.AsSpan(end).StartsWith("++")) end += 2;
        return new SourceToken(SourceTokenKind.Name, _line[start..end], start, end - start);
    }

    private readonly SourceToken Number(int start)
    {
        var end = start;
        var isHexadecimal = _line.AsSpan(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (isHexadecimal) end += 2;
        var digits = end;
        while (end < _line.Length && (isHexadecimal ? char.IsAsciiHexDigit(_line[end]) : char.IsAsciiDigit(_line[end]) || _line[end] == '.'))
        {
            end++;
        }

        var text = _line[digits..end];
        if (!isHexadecimal && (text.Contains('.', StringComparison.Ordinal) || IsExponent(end)))
        {
            return Real(start, end);
        }

        var isOctal = !isHexadecimal && text.Length > 1 && text[0] == '0';
        if (!TryParse(text, isHexadecimal ? 16u : isOctal ? 8u : 10u, out var value))
        {
            throw new DebuggerException($"Syntax error at '{_line[start..]}'");
        }

        var (isUnsigned, isWide) = (false, false);
        for (; end < _line.Length && char.IsAsciiLetter(_line[end]); end++)
        {
            if (_line.AsSpan(end).StartsWith("i64", StringComparison.OrdinalIgnoreCase))
            {
                isWide = true;
                end += 2;
            }
            else if (_line[end] is 'u' or 'U')
            {
                isUnsigned = true;
            }
            else if (_line[end] is not ('l' or 'L'))
            {
                break;
            }
        }

        isWide |= value > uint.MaxValue || (value > int.MaxValue && !isHexadecimal && !isUnsigned);
        isUnsigned |= (isHexadecimal || isOctal) && value > (isWide ? (ulong)long.MaxValue : int.MaxValue);
        var type = isWide ? isUnsigned ? SourceTypes.UnsignedWide : SourceTypes.Wide : isUnsigned ? SourceTypes.UnsignedInt : SourceTypes.Int;
        return new SourceToken(SourceTokenKind.Value, text, start, end - start, new SourceValue(type, value));
    }

    private readonly bool IsExponent(int end) => end + 1 < _line.Length && _line[end] is 'e' or 'E' && (char.IsAsciiDigit(_line[end + 1]) || _line[end + 1] is '+' or '-');

    private readonly SourceToken Real(int start, int end)
    {
        if (IsExponent(end))
        {
            end += 2;
            while (end < _line.Length && char.IsAsciiDigit(_line[end])) end++;
        }

        if (!double.TryParse(_line.AsSpan(start, end - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            throw new DebuggerException($"Syntax error at '{_line[start..]}'");
        }

        var isSingle = end < _line.Length && _line[end] is 'f' or 'F';
        if (isSingle) end++;
        return new SourceToken(SourceTokenKind.Value, string.Empty, start, end - start, SourceValue.OfReal(isSingle ? SourceTypes.Float : SourceTypes.Double, number));
    }

    private readonly SourceToken Character(int start)
    {
        return start + 2 < _line.Length && _line[start + 2] == '\''
            ? new SourceToken(SourceTokenKind.Value, string.Empty, start, 3, new SourceValue(SourceTypes.Char, unchecked((ulong)(sbyte)_line[start + 1])))
            : throw new DebuggerException($"Syntax error at '{_line[start..]}'");
    }

    private static bool TryParse(string digits, uint radix, out ulong value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            var number = (uint)(char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
            var next = ((UInt128)value * radix) + number;
            if (number >= radix || next > ulong.MaxValue)
            {
                return false;
            }

            value = (ulong)next;
        }

        return digits.Length > 0;
    }
}
