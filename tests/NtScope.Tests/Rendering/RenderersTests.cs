using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NtScope.Rendering;
using NtScope.Reports;

namespace NtScope.Tests.Rendering;

public sealed class RenderersTests
{
    private const string Hostile = "evil\x1b[31m\u202e\u009b\r\n\"<script>alert(1)</script>'|`*\ud800&";

    [Fact]
    public void Text_aligns_columns_and_keeps_one_line_a_row()
    {
        Render(ReportFormat.Table, SampleReport.Mixed()).ShouldBe(
            """
            Index  Name          Address             Special  Tags  Findings
             0x55  NtCreateFile  0xfffff80413e4a540  yes      a, b
             0x56  NtUnreadable                                     unreadable: 0x1000 is not mapped
              0x2  Parent
                Title      Count
                child one      7
                child two      8

            3 samples · sample.bin 10.0.18362.476 x64 · special: 2 none, 1 yes · 1 finding
            One note.

            """);
    }

    [Fact]
    public void Csv_has_the_values_of_the_document()
    {
        Render(ReportFormat.Csv, SampleReport.Mixed()).ShouldBe(string.Join("\r\n",
            "index,name,address,entry,special,tags,inner,findings",
            "85,NtCreateFile,0xfffff80413e4a540,0x020b9207,true,a b,[],",
            "86,NtUnreadable,,,,,[],unreadable: 0x1000 is not mapped",
            "2,Parent,,,,,\"[{\"\"title\"\":\"\"child one\"\",\"\"count\"\":7,\"\"findings\"\":[]},{\"\"title\"\":\"\"child two\"\",\"\"count\"\":8,\"\"findings\"\":[]}]\",",
            string.Empty));
    }

    [Fact]
    public void Csv_gives_no_spreadsheet_a_formula()
    {
        Render(ReportFormat.Csv, SampleReport.Create(new SampleRow("=cmd|' /C calc'!A0"))).ShouldContain(",'=cmd|' /C calc'!A0,");
    }

    [Fact]
    public void Markdown_has_a_table_and_the_notes()
    {
        Render(ReportFormat.Markdown, SampleReport.Mixed()).ShouldBe(
            """
            # samples: sample.bin

            3 samples · sample.bin 10.0.18362.476 x64 · special: 2 none, 1 yes · 1 finding

            | Index | Name | Address | Special | Tags | Inner | Findings |
            | --: | --- | --- | --- | --- | --- | --- |
            | 0x55 | NtCreateFile | 0xfffff80413e4a540 | yes | a, b |  |  |
            | 0x56 | NtUnreadable |  |  |  |  | unreadable: 0x1000 is not mapped |
            | 0x2 | Parent |  |  |  | child one 7; child two 8 |  |

            - One note.

            """);
    }

    [Fact]
    public void Json_is_the_report_document()
    {
        using var document = JsonDocument.Parse(Render(ReportFormat.Json, SampleReport.Mixed()));
        var root = document.RootElement;

        root.EnumerateObject().Select(property => property.Name).ShouldBe(["schema", "target", "rows", "notes"]);
        root.GetProperty("schema").GetString().ShouldBe("ntscope.samples/1");
        root.GetProperty("target").GetRawText().ReplaceLineEndings(string.Empty).Replace(" ", string.Empty, StringComparison.Ordinal)
            .ShouldBe("""{"name":"sample.bin","kind":"image","architecture":"x64","version":"10.0.18362.476","pdb":null}""");
        root.GetProperty("notes")[0].GetString().ShouldBe("One note.");
        var rows = root.GetProperty("rows");
        rows.GetArrayLength().ShouldBe(3);
        rows[0].EnumerateObject().Select(property => property.Name).ShouldBe(["index", "name", "address", "entry", "special", "tags", "inner", "findings"]);
        rows[0].GetProperty("index").GetInt32().ShouldBe(85);
        rows[0].GetProperty("address").GetString().ShouldBe("0xfffff80413e4a540");
        rows[0].GetProperty("entry").GetString().ShouldBe("0x020b9207");
        rows[0].GetProperty("special").GetBoolean().ShouldBeTrue();
        rows[0].GetProperty("tags").GetArrayLength().ShouldBe(2);
        rows[1].GetProperty("address").ValueKind.ShouldBe(JsonValueKind.Null);
        rows[1].GetProperty("findings")[0].GetProperty("kind").GetString().ShouldBe("unreadable");
        rows[2].GetProperty("inner")[1].GetProperty("title").GetString().ShouldBe("child two");
    }

    [Fact]
    public void Json_keeps_hostile_text_and_shows_no_control()
    {
        var text = Render(ReportFormat.Json, SampleReport.Create(new SampleRow(Hostile)));

        ShouldBeSafe(text);
        using var document = JsonDocument.Parse(text);
        document.RootElement.GetProperty("rows")[0].GetProperty("name").GetString().ShouldBe(Hostile.Replace('\ud800', '\ufffd'));
    }

    [Theory]
    [InlineData(ReportFormat.Table)]
    [InlineData(ReportFormat.Csv)]
    [InlineData(ReportFormat.Markdown)]
    [InlineData(ReportFormat.Html)]
    public void Hostile_text_becomes_visible_escapes_everywhere(ReportFormat format)
    {
        var report = new Report<SampleRow>(
            "ntscope.samples/1",
            new TargetSummary(Hostile, "image", Hostile, Hostile, Hostile),
            [new SampleRow(Hostile) { Tags = [Hostile], Findings = [new Finding(Hostile, Hostile)], Inner = [new InnerRow(Hostile, 1)] }],
            [Hostile]);

        var text = Render(format, report);

        ShouldBeSafe(text);
        (format == ReportFormat.Markdown ? text.Replace(@"\\", @"\", StringComparison.Ordinal) : text).ShouldContain(@"evil\x1b");
        if (format is ReportFormat.Html or ReportFormat.Markdown)
        {
            text.ShouldNotContain("<script>alert");
        }
    }

    [Fact]
    public void No_text_at_all_reaches_a_terminal_unescaped() => Prop.ForAll(
        ArbMap.Default.ArbFor<string>(),
        text => ShouldBeSafe(VisibleText.Of(text ?? string.Empty))).QuickCheckThrowOnFailure();

    [Fact]
    public void A_report_without_rows_still_says_what_it_was_made_from()
    {
        Render(ReportFormat.Table, SampleReport.Create()).ShouldBe("0 samples · sample.bin 10.0.18362.476 x64\nOne note.\n");
        Render(ReportFormat.Html, SampleReport.Create()).ShouldNotContain("<table");
    }

    [Fact]
    public void A_terminal_gets_lines_that_fit_and_findings_below_their_row()
    {
        var rows = SampleReport.Create(
            new SampleRow("漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字") { Tags = [new string('x', 300)], Findings = [new Finding("odd", "for a reason")] });

        var lines = TextLayout.LinesOf(rows, width: 60).Select(line => string.Concat(line.Select(piece => piece.Text))).ToArray();

        lines[..2].ShouldAllBe(line => DisplayWidth.Of(line) <= 60);
        lines[1].ShouldContain("…");
        lines[2].ShouldBe("    ! odd: for a reason");
    }

    [Fact]
    public void Long_sentences_break_at_spaces_on_a_terminal()
    {
        var words = string.Join(' ', Enumerable.Repeat("word", 40)) + " " + new string('x', 70);
        var report = new Report<SampleRow>("ntscope.samples/1", new TargetSummary("a", "image", null, null, null), [], [words]);

        var lines = TextLayout.LinesOf(report, width: 60).Skip(1).Select(line => string.Concat(line.Select(piece => piece.Text))).ToArray();

        string.Join(' ', lines).ShouldBe(words);
        lines[..^1].ShouldAllBe(line => line.Length <= 60);
        lines[..^2].ShouldAllBe(line => line.Length > 50);
        lines[^1].ShouldBe(new string('x', 70));
    }

    [Fact]
    public void The_page_allows_no_script_but_its_own()
    {
        var page = Render(ReportFormat.Html, SampleReport.Mixed());

        page.ShouldStartWith("<!DOCTYPE html>");
        page.ShouldContain("Content-Security-Policy");
        page.ShouldNotContain("http://");
        page.ShouldNotContain("https://");
        page.ShouldContain("<b>unreadable</b> 0x1000 is not mapped");
        page.ShouldContain("data-key=\"8000000000000055\">0x55</td>");
    }

    private static string Render(ReportFormat format, IReport report)
    {
        using var output = new MemoryStream();
        ReportRenderers.For(format).Render(report, output);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static void ShouldBeSafe(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            (rune.Value is '\n' or '\r' || !VisibleText.IsUnsafe(rune)).ShouldBeTrue($"U+{rune.Value:X4} is shown");
        }
    }
}
