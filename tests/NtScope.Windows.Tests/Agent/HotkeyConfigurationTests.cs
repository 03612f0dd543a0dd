using System.Text;
using NtScope.Windows.Agent;

namespace NtScope.Windows.Tests.Agent;

public class HotkeyConfigurationTests
{
    [Fact]
    public void The_default_file_binds_nine_desktops_and_four_arrows_without_a_problem()
    {
        var configuration = HotkeyConfiguration.Parse(Encoding.UTF8.GetBytes(HotkeyConfiguration.DefaultText), "hotkeys.json");

        configuration.Problems.ShouldBeEmpty();
        configuration.Bindings.Count(static key => key is { Action: HotkeyAction.Switch, Modifiers: 1 }).ShouldBe(9);
        configuration.Bindings.Count(static key => key is { Action: HotkeyAction.Overview, Modifiers: 5 }).ShouldBe(4);
    }

    [Theory]
    [InlineData("\"Alt+1\": \"switch 1\",\n\"alt+1\": \"switch 2\"", "line 2: alt+1 collides with Alt+1")]
    [InlineData("\"Alt+Foo\": \"next\"", "line 1: Alt+Foo: Foo is no key")]
    [InlineData("\"Hyper+1\": \"next\"", "Hyper is no modifier")]
    [InlineData("\"A\": \"next\"", "needs Alt, Ctrl, Shift or Win")]
    [InlineData("\"Alt+A\": \"explode\"", "\"explode\" is no action")]
    [InlineData("\"Alt+A\": 5", "the action of Alt+A is no text")]
    public void What_is_wrong_in_the_file_is_told_with_its_line_and_the_rest_holds(string lines, string problem)
    {
        var configuration = HotkeyConfiguration.Parse(Encoding.UTF8.GetBytes("{\"hotkeys\": {" + lines + ",\n\"Ctrl+Alt+F12\": \"previous\"}}"), "hotkeys.json");

        configuration.Problems.ShouldHaveSingleItem().ShouldContain(problem);
        configuration.Bindings[^1].ShouldBe(new HotkeyBinding("Ctrl+Alt+F12", 3, 0x7b, HotkeyAction.Previous, ""));
    }

    [Fact]
    public void A_file_that_is_no_json_is_refused_with_its_line()
    {
        Should.Throw<InputException>(() => HotkeyConfiguration.Parse("{\n\"hotkeys\": nonsense }"u8, "hotkeys.json")).Message.ShouldStartWith("hotkeys.json: line 2");
    }

    [Fact]
    public void The_overview_finds_its_neighbours_and_its_cells_do_not_overlap()
    {
        var layout = new OverviewLayout(5, 1920, 1080);

        layout.Beside(0, "left").ShouldBe(4);
        layout.Beside(4, "right").ShouldBe(0);
        layout.Beside(1, "down").ShouldBe(4);
        for (var i = 0; i < 5; i++)
        {
            var picture = layout.Picture(i);
            layout.At(picture.Left, picture.Top).ShouldBe(i);
            picture.Right.ShouldBeLessThanOrEqualTo(1920);
            layout.Caption(i).Bottom.ShouldBeLessThanOrEqualTo(1080);
        }

        layout.At(0, 0).ShouldBe(-1);
    }

    [Fact]
    public void A_picture_keeps_its_mean_when_it_shrinks()
    {
        var picture = new DesktopSnapshot(4, 2, [0xff0000, 0xff0000, 0x0000ff, 0x0000ff, 0xff0000, 0xff0000, 0x0000ff, 0x0000ff], 0).ScaledTo(2, 1);

        picture.Pixels.ShouldBe([0xff0000u, 0x0000ffu]);
    }

    [Fact]
    public void The_names_of_made_desktops_survive_the_process()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("ntscope-").FullName, "desktops.json");
        var desktops = ManagedDesktops.Load(path);
        desktops.Add("Work");
        desktops.Add("work");
        desktops.Add("Play");
        desktops.Remove("Work").ShouldBeTrue();

        ManagedDesktops.Load(path).Names.ShouldBe(["Play"]);
        File.WriteAllText(path, "spoilt");
        ManagedDesktops.Load(path).Names.ShouldBeEmpty();
    }
}
