namespace NtScope.Tests;

public class FileTimeTests
{
    [Theory]
    [InlineData(1UL, "1601-01-01T00:00:00.0000001+00:00")]
    [InlineData(133_545_600_000_000_000UL, "2024-03-10T16:00:00.0000000+00:00")]
    [InlineData(2_650_467_743_999_999_999UL, "9999-12-31T23:59:59.9999999+00:00")]
    public void A_count_is_a_time_in_UTC_up_to_the_calendars_ends(ulong count, string time) => FileTime.Parse(count)!.Value.ToString("o").ShouldBe(time);

    [Theory]
    [InlineData(null)]
    [InlineData(0UL)]
    [InlineData(2_650_467_744_000_000_000UL)]
    [InlineData(ulong.MaxValue)]
    public void What_is_no_time_gives_none(ulong? count) => FileTime.Parse(count).ShouldBeNull();
}
