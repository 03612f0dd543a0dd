using System.Buffers.Binary;
using System.Text;

namespace NtScope.Debugging.Commands;

/// <summary><c>s</c>: searches memory.</summary>
public sealed class SearchMemoryCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["s"];

    /// <inheritdoc/>
    public string Usage => "s [-[1]b|w|d|q|a|u] range pattern";

    /// <inheritdoc/>
    public string Help =>
        "Searches memory for bytes, words of 16, 32 or 64 bits, ASCII or UTF-16 text. -[1] shows addresses alone. Ctrl+C stops a long search.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var (type, addressesOnly) = TakeType(arguments);
        if (arguments.AtEnd)
        {
            throw PatternMissing(arguments);
        }

        var unit = type switch { 'w' or 'u' => sizeof(ushort), 'd' => sizeof(uint), 'q' => sizeof(ulong), _ => sizeof(byte) };
        var range = arguments.TakeRange(default, 0, 1);
        var pattern = TakePattern(arguments, type, unit);
        return new MemorySearch(session, range, pattern, unit, addressesOnly);
    }

    private static (char Type, bool AddressesOnly) TakeType(CommandArguments arguments)
    {
        if (!arguments.Take('-'))
        {
            return ('b', false);
        }

        var flags = arguments.TakeWord();
        var addressesOnly = false;
        if (flags.StartsWith('['))
        {
            var close = flags.IndexOf(']', StringComparison.Ordinal);
            addressesOnly = close > 0 && flags.AsSpan(1, close).Contains('1');
            flags = close > 0 ? flags[(close + 1)..] : string.Empty;
        }

        return flags is "b" or "w" or "d" or "q" or "a" or "u" ? (flags[0], addressesOnly) : throw arguments.CaretError("Syntax error");
    }

    private static byte[] TakePattern(CommandArguments arguments, char type, int unit)
    {
        var pattern = new List<byte>();
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        while (!arguments.AtEnd)
        {
            if (arguments.Take('"'))
            {
                var close = arguments.Line.IndexOf('"', arguments.Position);
                close = close < 0 ? arguments.Line.Length : close;
                var text = arguments.Line[arguments.Position..close];
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
}
