using NtScope.Images;

namespace NtScope.Tests.Images;

public class FileVersionTests
{
    [Theory]
    [InlineData("10.0.18362.476", 10, 0, 18362, 476)]
    [InlineData("6.1.7601", 6, 1, 7601, 0)]
    public void A_version_is_read_from_text(string text, int major, int minor, int build, int revision)
    {
        FileVersion.TryParse(text, out var version).ShouldBeTrue();
        version.ShouldBe(new FileVersion(major, minor, build, revision));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10.0.x.1")]
    [InlineData("10.0.1.2.3")]
    [InlineData("10.0.-1.2")]
    [InlineData("10.0.99999999999.2")]
    public void Other_text_is_no_version(string text) => FileVersion.TryParse(text, out _).ShouldBeFalse();
}
