using NtScope.Debugging.Expressions;

namespace NtScope.Debugging;

/// <summary>The arguments of one command, read from left to right.</summary>
public sealed class CommandArguments
{
    private readonly DebuggerSession _session;

    internal CommandArguments(DebuggerSession session, string line, string name)
    {
        _session = session;
        Line = line;
        Name = name;
        Position = name.Length;
    }

    /// <summary>The command as typed, without leading blanks.</summary>
    public string Line { get; private set; }

    /// <summary>The word that started it.</summary>
    public string Name { get; }

    /// <summary>Where the next argument is looked for.</summary>
    public int Position { get; set; }

    /// <summary>Whether nothing but blanks is left.</summary>
    public bool AtEnd
    {
        get
        {
            SkipBlanks();
            return Position >= Line.Length;
        }
    }

    /// <summary>What is left, without blanks around it; takes it all.</summary>
    public string TakeRest()
    {
        var rest = Line[Math.Min(Position, Line.Length)..].Trim();
        Position = Line.Length;
        return rest;
    }

    /// <summary>The next word up to a blank, or an empty one.</summary>
    public string TakeWord()
    {
        SkipBlanks();
        var start = Position;
        while (Position < Line.Length && !char.IsWhiteSpace(Line[Position]))
        {
            Position++;
        }

        return Line[start..Position];
    }

    /// <summary>Takes the next word if it starts with <c>-</c> or <c>/</c>; null if it does not.</summary>
    public string? TakeOption()
    {
        SkipBlanks();
        return Position + 1 < Line.Length && Line[Position] is '-' or '/' && char.IsAsciiLetter(Line[Position + 1]) ? TakeWord() : null;
    }

    /// <summary>Takes <paramref name="character"/> if it comes next.</summary>
    public bool Take(char character)
    {
        SkipBlanks();
        if (Position >= Line.Length || Line[Position] != character)
        {
            return false;
        }

        Position++;
        return true;
    }

    /// <summary>Evaluates the expression that comes next.</summary>
    public ulong TakeExpression(ExpressionKind kind = ExpressionKind.Numeric)
    {
        var position = Position;
        var value = _session.UsesSourceExpressions
            ? ((IExpressionContext)_session).EvaluateSource(Line, ref position)
            : _session.Evaluator.Evaluate(Line, ref position, kind);
        Position = position;
        return value;
    }

    /// <summary>Evaluates the address that comes next.</summary>
    public VirtualAddress TakeAddress() => new(TakeExpression(ExpressionKind.Address));

    /// <summary>Reads <c>start</c>, <c>start end</c>, <c>start L n</c>, <c>start L-n</c> or <c>start L?n</c>.</summary>
    /// <param name="defaultStart">Where the range starts if nothing is given.</param>
    /// <param name="defaultCount">How many units it has if no end is given.</param>
    /// <param name="unit">The size of a unit in bytes.</param>
    public AddressRange TakeRange(VirtualAddress defaultStart, ulong defaultCount, uint unit)
    {
        if (AtEnd)
        {
            return new AddressRange(defaultStart, defaultCount);
        }

        var start = TakeAddress();
        if (AtEnd)
        {
            return new AddressRange(start, defaultCount);
        }

        if (Line[Position] is 'L' or 'l')
        {
            return TakeLength(start, unit);
        }

        var end = TakeAddress();
        return end < start || end - start >= Limits.DebuggerRangeBytes
            ? throw CaretError("Range error")
            : new AddressRange(start, ((end - start) / unit) + 1);
    }

    /// <summary>An error that points at where reading stopped, as WinDbg writes it: blanks, a caret, the message, the command.</summary>
    /// <param name="message">What is wrong (<c>Range error</c>).</param>
    /// <param name="extraColumns">How far right of the next argument the caret stands.</param>
    /// <param name="shown">What of the command is repeated; all of it if null.</param>
    /// <param name="preposition">What stands between the message and the command.</param>
    public DebuggerException CaretError(string message, int extraColumns = 0, string? preposition = "in", string? shown = null) =>
        new($"{new string(' ', _session.Prompt.Length + Math.Min(Position, Line.Length) + extraColumns)}^ {message}{(preposition is null ? string.Empty : " " + preposition)} '{shown ?? Line}'");

    /// <summary>Fails if anything is left.</summary>
    public void RequireEnd()
    {
        if (!AtEnd)
        {
            throw CaretError("Extra character error", 1);
        }
    }

    private AddressRange TakeLength(VirtualAddress start, uint unit)
    {
        // Errors repeat the line with a small letter, as the engine's do.
        Line = string.Concat(Line.AsSpan(0, Position), "l", Line.AsSpan(Position + 1));
        Position++;
        var unlimited = Take('?');
        var backwards = Take('-');
        if (AtEnd)
        {
            throw new DebuggerException("Length of range missing from '<EOL>'");
        }

        var count = TakeExpression();
        if (!unlimited && count > Limits.DebuggerRangeBytes / unit)
        {
            throw CaretError("Range error");
        }

        return backwards ? new AddressRange(start - (count * unit), count) : new AddressRange(start, count);
    }

    private void SkipBlanks()
    {
        while (Position < Line.Length && char.IsWhiteSpace(Line[Position]))
        {
            Position++;
        }
    }
}
