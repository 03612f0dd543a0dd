using System.Text.Json;

namespace NtScope.Cli.Tests;

/// <summary>Captures from the lab machine, asked as a user asks.</summary>
public sealed class CaptureTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ntscope-captures-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_clean_machine_verifies_and_an_attacked_one_ends_with_exit_code_1()
    {
        NtScopeProcess.Run("syscalls", "verify", Capture()).Succeeded();

        var verified = NtScopeProcess.Run("syscalls", "verify", Capture("redirected-entry"), "--format", "json");

        verified.ExitCode.ShouldBe(1, verified.Error);
        using var document = JsonDocument.Parse(verified.Output);
        document.RootElement.GetProperty("schema").GetString().ShouldBe("ntscope.verify/1");
        document.RootElement.GetProperty("rows").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_service_table_of_a_machine_is_that_of_its_kernel()
    {
        var known = RowsOf("syscalls", "10.0.18362.476").Select(row => (row.GetProperty("name").GetString(), row.GetProperty("rva").GetInt64()));
        var captured = RowsOf("syscalls", Capture(), "--table", "nt");

        captured.Select(row => (row.GetProperty("name").GetString(), row.GetProperty("rva").GetInt64())).ShouldBe(known);
        captured.ShouldAllBe(row => row.GetProperty("address").GetString()!.StartsWith("0xfffff", StringComparison.Ordinal));
    }

    [Fact]
    public void An_unlinked_process_shows_and_says_so()
    {
        var hidden = RowsOf("processes", Capture("unlinked-process")).Where(row => row.GetProperty("findings").EnumerateArray().Any());

        hidden.ShouldHaveSingleItem().GetProperty("findings")[0].GetProperty("kind").GetString().ShouldBe("unlinked");
    }

    [Theory]
    [InlineData("info")]
    [InlineData("modules")]
    [InlineData("threads")]
    [InlineData("drivers")]
    [InlineData("objects")]
    [InlineData("callbacks")]
    public void Every_question_has_an_answer(string verb) => RowsOf(verb, Capture()).ShouldNotBeEmpty();

    [Theory]
    [InlineData("processes", "table")]
    [InlineData("processes", "html")]
    [InlineData("processes", "md")]
    [InlineData("objects", "table")]
    [InlineData("objects", "html")]
    [InlineData("objects", "csv")]
    public void Names_from_a_hostile_machine_never_reach_a_terminal_or_a_page_raw(string verb, string format)
    {
        var sent = NtScopeProcess.RunOnTerminal(verb, Capture("hostile-name"), "--format", format).Output;

        sent.ShouldContain(format == "md" ? "x1b" : verb == "processes" ? "x1b]0;x" : "x1b[31m");
        sent.ShouldNotContain("\x1b]0;");
        sent.ShouldNotContain("\x1b[2J");
        sent.ShouldNotContain("\x1b[31m");
        sent.ShouldNotContain('\a');
        sent.ShouldNotContain('\u202E');
    }

    private static JsonElement[] RowsOf(params string[] arguments)
    {
        using var document = JsonDocument.Parse(NtScopeProcess.Run([.. arguments, "--format", "json"]).Succeeded());
        return [.. document.RootElement.GetProperty("rows").EnumerateArray().Select(row => row.Clone())];
    }

    private string Capture(params string[] attacks)
    {
        var path = Path.Combine(_folder.FullName, string.Join('-', attacks.Prepend("machine")) + ".dmp");
        NtScopeProcess.Run(["lab", "capture", path, "--format", "bitmap", "--size", "128M", .. attacks.SelectMany(attack => new[] { "--attack", attack })]).Succeeded();
        return path;
    }
}
