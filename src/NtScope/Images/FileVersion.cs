using System.Globalization;

namespace NtScope.Images;

/// <summary>The four numbers of a Windows file version, as in <c>10.0.18362.476</c>.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number.</param>
/// <param name="Build">The build: 7601, 18362.</param>
/// <param name="Revision">The revision inside the build.</param>
public readonly record struct FileVersion(int Major, int Minor, int Build, int Revision) : IComparable<FileVersion>
{
    /// <summary>Reads <c>10.0.18362.476</c>; the revision may be missing and is then 0.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out FileVersion version)
    {
        version = default;
        Span<Range> parts = stackalloc Range[5];
        var count = text.Split(parts, '.');
        if (count is not (3 or 4))
        {
            return false;
        }

        Span<int> numbers = stackalloc int[4];
        numbers.Clear();
        for (var i = 0; i < count; i++)
        {
            if (!int.TryParse(text[parts[i]], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return false;
            }
        }

        version = new FileVersion(numbers[0], numbers[1], numbers[2], numbers[3]);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(FileVersion other) =>
        (Major, Minor, Build, Revision).CompareTo((other.Major, other.Minor, other.Build, other.Revision));

    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(FileVersion left, FileVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(FileVersion left, FileVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is older or the same.</summary>
    public static bool operator <=(FileVersion left, FileVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is newer or the same.</summary>
    public static bool operator >=(FileVersion left, FileVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}.{Build}.{Revision}";
}
