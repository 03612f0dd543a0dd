using System.Text.Json;

namespace NtScope.Cli.Tests;

public sealed class SyscallsTests
{
    private const string FoundingKernel = "10.0.18362.476";

    private static readonly string[] RowProperties =
        ["index", "name", "table", "module", "rva", "address", "entry", "stackArguments", "parameters", "prototype", "nameSource", "findings"];

    // The first twenty dwords of nt!KiServiceTable as the founding text lists them.
    private static readonly string[] FoundingEntries =
    [
        "0xfced7204", "0xfcf77b00", "0x02b94a02", "0x04747400", "0x01cef300", "0xfda01f00", "0x01c06005", "0x01c3b506", "0x02218b05", "0x0289df01",
        "0x028bd600", "0x01a98d00", "0x01e31b00", "0x01c2a200", "0x028b7200", "0x01cca500", "0x02229b01", "0x01bf9901", "0x0296d100", "0x01fea002",
    ];

    [Fact]
    public void The_founding_text_comes_out_exactly()
    {
        using var document = JsonDocument.Parse(NtScopeProcess.Run("syscalls", FoundingKernel, "--format", "json").Succeeded());
        var rows = document.RootElement.GetProperty("rows").EnumerateArray().ToArray();

        rows.Length.ShouldBe(464);
        rows[..20].Select(row => row.GetProperty("entry").GetString()).ShouldBe(FoundingEntries);
        rows[0].GetProperty("name").GetString().ShouldBe("NtAccessCheck");
        rows[1].GetProperty("name").GetString().ShouldBe("NtWorkerFactoryWorkerReady");
        rows[0x5a].GetProperty("name").GetString().ShouldBe("NtQuerySystemTime");
        var createFile = rows[0x55];
        createFile.GetProperty("name").GetString().ShouldBe("NtCreateFile");
        createFile.GetProperty("entry").GetString().ShouldBe("0x020b9207");
        createFile.GetProperty("stackArguments").GetInt32().ShouldBe(7);
        createFile.GetProperty("parameters").GetInt32().ShouldBe(11);
        createFile.GetProperty("prototype").GetString().ShouldNotBeNull().ShouldStartWith("NTSTATUS NtCreateFile(");
    }

    [Fact]
    public void The_document_is_what_the_design_says()
    {
        using var document = JsonDocument.Parse(NtScopeProcess.Run("syscalls", FoundingKernel, "-f", "json").Succeeded());
        var root = document.RootElement;

        root.EnumerateObject().Select(property => property.Name).ShouldBe(["schema", "target", "rows", "notes"]);
        root.GetProperty("schema").GetString().ShouldBe("ntscope.syscalls/1");
        var target = root.GetProperty("target");
        target.GetProperty("kind").GetString().ShouldBe("known-build");
        target.GetProperty("version").GetString().ShouldBe(FoundingKernel);
        target.GetProperty("pdb").GetString().ShouldBe("ntkrnlmp.pdb 90F5E1C8BBE1FE1FB8A714305EE06F361");
        foreach (var row in root.GetProperty("rows").EnumerateArray())
        {
            row.EnumerateObject().Select(property => property.Name).ShouldBe(RowProperties);
            row.GetProperty("index").ValueKind.ShouldBe(JsonValueKind.Number);
            row.GetProperty("table").GetString().ShouldBe("nt");
            row.GetProperty("address").ValueKind.ShouldBe(JsonValueKind.Null);
            row.GetProperty("nameSource").GetString().ShouldBeOneOf("symbol", "export", "stub", "import", "known-build");
            row.GetProperty("findings").ValueKind.ShouldBe(JsonValueKind.Array);
        }
    }

    [Fact]
    public void Piped_output_is_plain_and_one_line_a_row()
    {
        var output = NtScopeProcess.Run("syscalls", FoundingKernel, "--filter", "Nt*File*").Succeeded();

        output.ShouldNotContain('\x1b');
        Snapshot.ShouldMatch(output, "syscalls-files.txt");
    }

    [Fact]
    public void A_terminal_gets_colour_and_lines_that_fit()
    {
        var output = NtScopeProcess.RunOnTerminal("syscalls", FoundingKernel, "--filter", "Nt*File*", "--prototypes").Output;

        output.ShouldContain("\x1b[");
        var rows = TerminalText.LinesOf(output).Where(line => line.Contains("known-build", StringComparison.Ordinal)).ToArray();
        rows.Length.ShouldBeGreaterThan(20);
        TerminalText.LinesOf(output).ShouldAllBe(line => line.Length <= 100);
        TerminalText.LinesOf(output).ShouldContain(line => line.TrimStart().StartsWith("NTSTATUS NtCreateFile(", StringComparison.Ordinal));
    }

    [Fact]
    public void Find_answers_by_revision() => Snapshot.ShouldMatch(NtScopeProcess.Run("syscalls", "find", "NtSuspendThread@19041").Succeeded(), "find-by-revision.txt");

    [Fact]
    public void Find_takes_a_number_of_one_build() => Snapshot.ShouldMatch(NtScopeProcess.Run("syscalls", "find", "0x55@19041").Succeeded(), "find-number.txt");

    [Fact]
    public void Find_suggests_what_was_meant() =>
        NtScopeProcess.Run("syscalls", "find", "NtCreateFil").Refused().ShouldContain("NtCreateFile");

    [Fact]
    public void Diff_says_what_was_added_removed_and_moved() =>
        Snapshot.ShouldMatch(NtScopeProcess.Run("syscalls", "diff", FoundingKernel, "10.0.19041.508", "--filter", "changes=added").Succeeded(), "diff-added.txt");

    [Fact]
    public void Every_format_has_every_row()
    {
        NtScopeProcess.Run("syscalls", FoundingKernel, "--format", "csv").Succeeded().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(465);
        NtScopeProcess.Run("syscalls", FoundingKernel, "--format", "md").Succeeded().Split('\n').Count(line => line.StartsWith("| 0x", StringComparison.Ordinal)).ShouldBe(464);
        var page = NtScopeProcess.Run("syscalls", FoundingKernel, "--format", "html").Succeeded();
        page.Split("<tr>").Length.ShouldBe(1 + 1 + 464);
        page.ShouldNotContain("src=");
        page.ShouldNotContain("href=");
    }

    [Fact]
    public void Columns_sort_and_filter_shape_the_report()
    {
        NtScopeProcess.Run("syscalls", FoundingKernel, "--columns", "name,index", "--sort", "name:desc", "--filter", "NtCreateP*", "--format", "csv").Succeeded()
            .ShouldBe("name,index,findings\r\nNtCreateProfileEx,183,\r\nNtCreateProfile,182,\r\nNtCreateProcessEx,77,\r\nNtCreateProcess,181,\r\nNtCreatePrivateNamespace,180,\r\nNtCreatePort,179,\r\nNtCreatePartition,178,\r\nNtCreatePagingFile,177,\r\n");
    }

    [Fact]
    public void The_name_of_the_output_file_picks_the_format()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");
        try
        {
            NtScopeProcess.Run("syscalls", FoundingKernel, "--output", path).Succeeded().ShouldBeEmpty();
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            document.RootElement.GetProperty("rows").GetArrayLength().ShouldBe(464);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
