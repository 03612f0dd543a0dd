using NtScope.Rendering;

namespace NtScope.Tests.Rendering;

public sealed class ReportViewTests
{
    [Theory]
    [InlineData("Nt*", new[] { "NtCreateFile", "NtUnreadable" })]
    [InlineData("nt*FILE", new[] { "NtCreateFile" })]
    [InlineData("read", new[] { "NtUnreadable" })]
    [InlineData("P?rent", new[] { "Parent" })]
    [InlineData("index=0x55", new[] { "NtCreateFile" })]
    [InlineData("tags=a*", new[] { "NtCreateFile" })]
    [InlineData("*", new[] { "NtCreateFile", "NtUnreadable", "Parent" })]
    [InlineData("none", new string[0])]
    public void A_filter_keeps_the_rows_that_match(string filter, string[] names) => NamesOf(new ReportQuery { Filter = filter }).ShouldBe(names);

    [Theory]
    [InlineData("name", new[] { "NtCreateFile", "NtUnreadable", "Parent" })]
    [InlineData("name:desc", new[] { "Parent", "NtUnreadable", "NtCreateFile" })]
    [InlineData("index", new[] { "Parent", "NtCreateFile", "NtUnreadable" })]
    [InlineData("ADDRESS", new[] { "NtCreateFile", "NtUnreadable", "Parent" })]
    public void Sorting_orders_by_value_and_puts_empty_cells_last(string sort, string[] names) => NamesOf(new ReportQuery { Sort = sort }).ShouldBe(names);

    [Fact]
    public void Columns_are_shown_in_the_order_asked_for()
    {
        var view = new ReportView(SampleReport.Mixed(), new ReportQuery { Columns = ["entry", "Name"] });

        view.Columns.Select(column => column.Name).ShouldBe(["entry", "name"]);
        view.Columns[0].Shown.ShouldBeTrue();
        view.CellAt(0, 1).TextValue.ShouldBe("NtCreateFile");
    }

    [Fact]
    public void A_filter_without_a_column_matches_any_cell_where_rows_have_no_name()
    {
        var view = new ReportView(new ReportView(SampleReport.Mixed(), new ReportQuery { Columns = ["entry", "index"] }), new ReportQuery { Filter = "0x55" });

        view.RowCount.ShouldBe(1);
    }

    [Theory]
    [InlineData("--columns", "nope", null, null)]
    [InlineData("--filter", null, "nope=1", null)]
    [InlineData("--sort", null, null, "nope")]
    public void A_column_that_is_not_there_is_named_with_those_that_are(string option, string? columns, string? filter, string? sort)
    {
        var query = new ReportQuery { Columns = columns is null ? null : [columns], Filter = filter, Sort = sort };

        Should.Throw<InputException>(() => new ReportView(SampleReport.Mixed(), query)).Message
            .ShouldBe($"{option}: there is no column 'nope'; there are index, name, address, entry, special, tags, inner");
    }

    [Theory]
    [InlineData(@"C:\Windows\*", @"C:\Windows\System32", true)]
    [InlineData(@"\Device\*", @"\Device\Null", true)]
    [InlineData(@"a\*b", "a*b", false)]
    public void A_backslash_in_a_pattern_is_a_backslash(string pattern, string text, bool matches) =>
        new WildcardPattern(pattern).Matches(text).ShouldBe(matches);

    private static string[] NamesOf(ReportQuery query)
    {
        var view = new ReportView(SampleReport.Mixed(), query);
        return [.. Enumerable.Range(0, view.RowCount).Select(row => view.CellAt(row, 1).TextValue)];
    }
}
