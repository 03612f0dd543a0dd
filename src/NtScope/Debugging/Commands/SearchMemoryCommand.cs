using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace NtScope.Debugging.Commands;

/// <summary><c>s</c>: searches memory.</summary>
public sealed class SearchMemoryCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["s"];

    /// <inheritdoc/>
    public string Usage => "s [-[1]b|w|d|q|a|u] range pattern  or  s -[l length]sa|su range";

    /// <inheritdoc/>
    public string Help =>
        "Searches memory for bytes, words of 16, 32 or 64 bits, ASCII or UTF-16 text. -[1] shows addresses alone. -sa and -su list the strings of printable ASCII that are there, of three characters or more (-[l8]sa: eight). Ctrl+C stops a long search.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var flags = TakeFlags(arguments);
        if (arguments.AtEnd)
        {
            throw PatternMissing(arguments);
        }

        var unit = flags.Type switch { 'w' or 'u' => sizeof(ushort), 'd' => sizeof(uint), 'q' => sizeof(ulong), _ => sizeof(byte) };
        var range = arguments.TakeRange(default, 0, (uint)unit);
        range = range with { Count = range.Count * (ulong)unit };
        if (flags.FindsStrings)
        {
            arguments.RequireEnd();
            return new StringSearch(session, range, unit, flags.ShortestString, cancellation);
        }

        var pattern = TakePattern(arguments, flags.Type, unit);
        return new MemorySearch(session, range, pattern, unit, flags.AddressesOnly, cancellation);
    }

    private static SearchFlags TakeFlags(CommandArguments arguments)
    {
        if (!arguments.Take('-'))
        {
            return new SearchFlags('b', false, false, SearchFlags.DefaultShortest);
        }

        var start = arguments.Position;
        var word = arguments.TakeWord();
        var (addressesOnly, shortest) = (false, SearchFlags.DefaultShortest);
        if (word.StartsWith('['))
        {
            var close = word.IndexOf(']', StringComparison.Ordinal);
            var options = close > 0 ? word[1..close] : string.Empty;
            addressesOnly = options.Contains('1', StringComparison.Ordinal) && !options.StartsWith('l');
            if (options.StartsWith('l') && int.TryParse(options.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var length) && length > 0) shortest = length;
            word = close > 0 ? word[(close + 1)..] : string.Empty;
        }

        if (word is "sa" or "su")
        {
            return new SearchFlags(word[1], addressesOnly, true, shortest);
        }

        if (word is "b" or "w" or "d" or "q" or "a" or "u")
        {
            return new SearchFlags(word[0], addressesOnly, false, shortest);
        }

        arguments.Position = start;
        throw arguments.CaretError("Syntax error");
    }

    private static byte[] TakePattern(CommandArguments arguments, char type, int unit)
    {
        var pattern = new List<byte>();
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        var isText = type is 'a' or 'u';
        if (isText && arguments.AtEnd)
        {
            throw arguments.CaretError("Non-empty string required");
        }

        while (!arguments.AtEnd)
        {
            if (isText && arguments.Take('"'))
            {
                var close = arguments.Line.IndexOf('"', arguments.Position);
                close = close < 0 ? arguments.Line.Length : close;
                var text = arguments.Line[arguments.Position..close];
                if (text.Length == 0) throw arguments.CaretError("Non-empty string required");
                pattern.AddRange(type == 'u' ? Encoding.Unicode.GetBytes(text) : Encoding.Latin1.GetBytes(text));
                arguments.Position = Math.Min(close + 1, arguments.Line.Length);
                continue;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(value, arguments.TakeExpression());
            pattern.AddRange(value[..unit]);
        }

        return pattern.Count == 0 ? throw PatternMissing(arguments) : [.. pattern];
    }

    private static DebuggerException PatternMissing(CommandArguments arguments) => arguments.CaretError("Search pattern missing", preposition: "from");

    private readonly record struct SearchFlags(char Type, bool AddressesOnly, bool FindsStrings, int ShortestString)
    {
        public const int DefaultShortest = 3;
    }
}
