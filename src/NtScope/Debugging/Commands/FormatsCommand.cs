using System.Globalization;
using System.Text;

namespace NtScope.Debugging.Commands;

/// <summary><c>.formats</c>: a value in every notation.</summary>
public sealed class FormatsCommand : IDebuggerCommand
{
    private const ulong FileTimeTicksPerSecond = 10_000_000;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".formats"];

    /// <inheritdoc/>
    public string Usage => ".formats expression";

    /// <inheritdoc/>
    public string Help => "Evaluates an expression and shows it as hexadecimal, decimal, octal, binary, characters, time and floating point.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var value = arguments.TakeExpression();
        arguments.RequireEnd();
        var bits = session.PointerSize * 8;
        if (bits == 32)
        {
            value = (uint)value;
        }

        var signed = bits == 32 ? (int)value : unchecked((long)value);
        var text = new StringBuilder("Evaluate expression:\n")
            .Append(CultureInfo.InvariantCulture, $"  Hex:     {session.Format(new VirtualAddress(value))}\n")
            .Append(CultureInfo.InvariantCulture, $"  Decimal: {signed}\n")
            .Append(CultureInfo.InvariantCulture, $"  Decimal (unsigned) : {value}\n")
            .Append(CultureInfo.InvariantCulture, $"  Octal:   {Digits(value, 3, (bits + 2) / 3)}\n")
            .Append("  Binary:  ");
        for (var shift = bits - 8; shift >= 0; shift -= 8)
        {
            text.Append(Digits((value >> shift) & 0xff, 1, 8)).Append(shift == 0 ? '\n' : ' ');
        }

        text.Append("  Chars:   ");
        for (var shift = bits - 8; shift >= 0; shift -= 8)
        {
            text.Append(MemoryBytes.Printable((byte)(value >> shift)));
        }

        text.Append(CultureInfo.InvariantCulture, $"\n  Time:    {Time(value)}\n")
            .Append("  Float:   low ").Append(FloatingPoint.Format(BitConverter.UInt32BitsToSingle((uint)value)))
            .Append(" high ").Append(FloatingPoint.Format(BitConverter.UInt32BitsToSingle((uint)(value >> 32)))).Append('\n')
            .Append("  Double:  ").Append(FloatingPoint.Format(BitConverter.UInt64BitsToDouble(value))).Append('\n');
        return new EvaluationResult(value, text.ToString());
    }

    private static string Digits(ulong value, int bitsPerDigit, int count) =>
        string.Create(count, (value, bitsPerDigit), static (digits, state) =>
        {
            for (var i = digits.Length - 1; i >= 0; i--)
            {
                digits[i] = (char)('0' + (int)(state.value & ((1UL << state.bitsPerDigit) - 1)));
                state.value >>= state.bitsPerDigit;
            }
        });

    // Small values are seconds since 1970, others 100 ns since 1601; the years of FILETIME reach beyond DateTime's.
    private static string Time(ulong value)
    {
        if (value <= uint.MaxValue)
        {
            return DateTime.UnixEpoch.AddSeconds(value).ToString("ddd MMM ", CultureInfo.InvariantCulture)
                + DateTime.UnixEpoch.AddSeconds(value).Day.ToString(CultureInfo.InvariantCulture).PadLeft(2)
                + DateTime.UnixEpoch.AddSeconds(value).ToString(" HH:mm:ss yyyy", CultureInfo.InvariantCulture);
        }

        if (value > long.MaxValue)
        {
            return "***** Invalid";
        }

        // The Gregorian calendar repeats every 400 years, weekdays included, so later years are shifted into DateTime's.
        const ulong Cycle = 146_097UL * 86_400 * FileTimeTicksPerSecond;
        var cycles = value / Cycle;
        var time = new DateTime(1601, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks((long)(value % Cycle));
        var year = time.Year + (int)(cycles * 400);
        return string.Create(CultureInfo.InvariantCulture, $"{time:ddd MMM} {time.Day,2} {time:HH:mm:ss.fff} {year} (UTC + 0:00)");
    }
}
