namespace NtScope;

/// <summary>Times as Windows counts them: units of 100 ns since 1601, UTC.</summary>
public static class FileTime
{
    private static readonly ulong Last = (ulong)DateTime.MaxValue.ToFileTimeUtc();

    /// <summary>The time of a count; null for zero and for what is no time. It never goes through a local time, which is none near the ends of the calendar.</summary>
    public static DateTimeOffset? Parse(ulong? count) =>
        count is > 0 and var some && some <= Last ? new DateTimeOffset(DateTime.FromFileTimeUtc((long)some)) : null;
}
