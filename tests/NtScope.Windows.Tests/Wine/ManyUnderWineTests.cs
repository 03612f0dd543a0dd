using NtScope.Desktops;

namespace NtScope.Windows.Tests.Wine;

/// <summary>Fifty desktops.</summary>
public sealed class ManyUnderWineTests(ManyUnderWineTests.Part many) : IClassFixture<ManyUnderWineTests.Part>
{
    private const int Count = 50;

    [Fact]
    public void Fifty_desktops_are_made_and_closed_and_no_handle_is_left()
    {
        many.Code("fifty").ShouldBe(0, many.Text("fifty"));
        many.Report("fifty-tree").Rows.Count(static row => row.Name?.StartsWith("Many", StringComparison.Ordinal) == true && row.Role == DesktopRole.Managed).ShouldBe(Count);
        many.Code("fifty-closed").ShouldBe(0, many.Text("fifty-closed"));
        many.Report("fifty-after").Rows.ShouldNotContain(static row => row.Name != null && row.Name.StartsWith("Many", StringComparison.Ordinal));

        var before = Handles("handles-before");
        Handles("handles-between").Desktops.ShouldBe(before.Desktops + Count);
        var after = Handles("handles-after");
        after.Desktops.ShouldBe(before.Desktops);
        after.Others.ShouldBeLessThanOrEqualTo(before.Others);

        // Wine leaves one for each desktop, in any program, and the runtime makes a few once, for locks that are contended. One more for each desktop would be ours.
        after.Events.ShouldBeLessThan(before.Events + Count + (Count / 2));
    }

    private (int Desktops, int Events, int Others) Handles(string step) => many.Text(step).Split(' ').Select(int.Parse).ToArray() is [var desktops, var events, var others]
        ? (desktops, events, others)
        : throw new FormatException(step);

    public sealed class Part() : WinePart("many");
}
