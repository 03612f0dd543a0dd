using NtScope.Debugging;

namespace NtScope.Tests.Debugging;

public sealed class CommandTableTests
{
    public static TheoryData<string> Names => [.. CommandTable.CreateDefault().All.SelectMany(command => command.Names)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_command_says_how_it_is_written_and_what_it_does(string name)
    {
        var command = CommandTable.CreateDefault().Named(name).ShouldNotBeNull();
        command.Usage.ShouldNotBeNullOrWhiteSpace();
        command.Usage.ShouldNotContain("\n");
        command.Help.ShouldEndWith(".");
    }

    [Theory]
    [InlineData("ddd", "dd")]
    [InlineData("!proces", "!process")]
    [InlineData(".fo", ".for")]
    public void An_unknown_command_suggests_the_nearest(string typed, string nearest) =>
        Should.Throw<DebuggerException>(() => CommandTable.CreateDefault().Find(typed, out _)).Message.ShouldBe($"Unknown command '{typed}'. Did you mean '{nearest}'?");
}
