using System.Globalization;

namespace NtScope.Debugging;

/// <summary>Floating-point numbers as the C library that the debugger engine uses prints them with <c>%g</c>.</summary>
public static class FloatingPoint
{
    private const int DefaultPrecision = 6;

    /// <summary>A number with six significant digits, or as many as asked: <c>1.1911e-043</c>, <c>0</c>, <c>-1.#IND</c>.</summary>
    public static string Format(double value, int precision = DefaultPrecision)
    {
        if (double.IsNaN(value))
        {
            var bits = BitConverter.DoubleToUInt64Bits(value);
            var quiet = (bits & 0x0008000000000000) != 0;
            var indefinite = bits == 0xfff8000000000000 || value.Equals(double.NaN) && (long)bits < 0 && quiet;
            return ((long)bits < 0 ? "-" : string.Empty) + (indefinite ? "1.#IND" : quiet ? "1.#QNAN" : "1.#SNAN");
        }

        if (double.IsInfinity(value))
        {
            return value < 0 ? "-1.#INF" : "1.#INF";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0" : "0";
        }

        var scientific = value.ToString("e" + (precision - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('e', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= precision)
        {
            var mantissa = scientific[..scientific.IndexOf('e', StringComparison.Ordinal)].TrimEnd('0').TrimEnd('.');
            return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):000}");
        }

        var fixedPoint = value.ToString("F" + (precision - 1 - exponent).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return fixedPoint.Contains('.', StringComparison.Ordinal) ? fixedPoint.TrimEnd('0').TrimEnd('.') : fixedPoint;
    }
}
