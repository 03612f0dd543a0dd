namespace NtScope.Windows.Tests.Wine;

/// <summary>The tray icon's menu on the screen.</summary>
public sealed class TrayUnderWineTests(TrayUnderWineTests.Part tray) : IClassFixture<TrayUnderWineTests.Part>
{
    private const uint Highlight = 0x3096fa;

    [Fact]
    public void The_tray_icon_opens_a_menu_whose_entry_switches()
    {
        var size = tray.Text("size").Split(' ').Select(int.Parse).ToList();
        var menu = tray.Picture("menu");
        (menu.Width, menu.Height).ShouldBe((size[0], size[1]));
        menu.Share(0xffffff).ShouldBeInRange(0.5, 0.99, "the menu is white with dark entries");
        menu.Share(Highlight).ShouldBe(0);
        tray.Picture("chosen").Share(Highlight).ShouldBeGreaterThan(0.05, "the entry under the pointer is marked");
        tray.Text("agent").ShouldContain("switched to Work");
        tray.Text("input").Trim().ShouldBe("Work");
    }

    public sealed class Part() : WinePart("tray");
}
