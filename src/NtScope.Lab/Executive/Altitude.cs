using System.Globalization;

namespace NtScope.Lab.Executive;

/// <summary>Where a callback or minifilter stands: a decimal number of any length, the higher the earlier before an operation.</summary>
/// <param name="Value">The number.</param>
internal readonly record struct Altitude(decimal Value) : IComparable<Altitude>
{
    /// <summary>Reads an altitude.</summary>
    public static bool TryParse(string text, out Altitude altitude)
    {
        var valid = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value);
        altitude = new Altitude(value);
        return valid;
    }

    /// <inheritdoc/>
    public int CompareTo(Altitude other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
