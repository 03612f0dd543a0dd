namespace NtScope.Windows.Tests.Wine;

/// <summary>The overview on the screen.</summary>
public sealed class OverviewUnderWineTests(OverviewUnderWineTests.Part overview) : IClassFixture<OverviewUnderWineTests.Part>
{
    private const uint Background = 0x101820;

    [Theory]
    [InlineData(1, 3, 0.0)]
    [InlineData(2, 8, 0.3)]
    [InlineData(3, 16, 0.3)]
    public void Each_desktop_has_its_title_and_a_picture_of_what_stands_on_it(int number, int leastColors, double leastWhite)
    {
        var screen = overview.Picture("overview");
        var title = Screenshot.FromRaw(overview.PathOf($"caption-{number}.raw")).Trimmed(Background);
        var place = screen.Find(title).ShouldNotBeNull($"the title of desktop {number} is not on the screen");

        var picture = screen.Part(place.X + (title.Width / 2) - 95, place.Y - 165, 190, 150);
        picture.Share(0).ShouldBeLessThan(0.5, $"the picture of desktop {number} is black");
        picture.Colors.ShouldBeGreaterThanOrEqualTo(leastColors, $"the picture of desktop {number} shows nothing");
        picture.Share(0xffffff).ShouldBeGreaterThanOrEqualTo(leastWhite, $"the picture of desktop {number} shows no program");
    }

    [Fact]
    public void It_is_one_borderless_window_on_the_present_desktop()
    {
        overview.Report("shown").Rows.SelectMany(static row => row.Windows.Where(static window => window.Class == "NtScope.DesktopOverview").Select(_ => row.Name)).ShouldBe(["Default"]);
        var window = overview.Desktop("shown", "Default").Windows.Single(static window => window.Class == "NtScope.DesktopOverview");
        window.Visible.ShouldBe(true);
        window.Title.ShouldBe("Desktops");
    }

    [Fact]
    public void Arrows_choose_and_Enter_a_click_and_Esc_do_what_they_should()
    {
        var said = overview.Text("agent").Split('\n').Select(static line => line.Replace("agent: ", "", StringComparison.Ordinal)).ToList();

        said.ShouldContain(static line => line == "overview on Default, Work is chosen");
        said.IndexOf("switched to Play").ShouldBeGreaterThan(said.IndexOf("Play is chosen"));
        said.IndexOf("overview closed").ShouldBeGreaterThan(said.IndexOf("switched to Play"));
        said.LastIndexOf("switched to Work").ShouldBeGreaterThan(said.IndexOf("overview closed"));
    }

    public sealed class Part() : WinePart("overview");
}
