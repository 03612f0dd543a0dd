using NtScope.Testing.Images;

namespace NtScope.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ntscope-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void No_arguments_show_a_short_page()
    {
        var page = NtScopeProcess.Run().Succeeded();

        page.ShouldContain("ntscope syscalls 10.0.18362.476");
        page.Split('\n').Length.ShouldBeLessThan(25);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("syscalls --help")]
    [InlineData("syscalls find --help")]
    [InlineData("syscalls diff --help")]
    [InlineData("info --help")]
    public void Every_verb_explains_itself(string line) => NtScopeProcess.Run(line.Split(' ')).Succeeded().ShouldContain("Usage:");

    [Theory]
    [InlineData("--nope", "Unrecognized command or option '--nope' (try: ntscope --help)")]
    [InlineData("sycalls 19041", "Unrecognized command or option 'sycalls' (try: ntscope --help)")]
    [InlineData("syscalls 10.0.18362.476 --nope=1", "try: ntscope syscalls --help")]
    [InlineData("syscalls 10.0.18362.476 19041", "10.0.18362.476: a known build stands alone; only images are joined")]
    [InlineData("info -x", "try: ntscope info --help")]
    [InlineData("syscalls 10.0.18362.476 --format xml", "try: ntscope syscalls --help")]
    [InlineData("syscalls find", "try: ntscope syscalls find --help")]
    [InlineData("syscalls 10.0.18362.476 --columns nope", "there is no column 'nope'; there are index, name")]
    [InlineData("syscalls 10.0.18362.476 --sort nope", "there is no column 'nope'")]
    [InlineData("syscalls no-such-file", "no-such-file: there is no such file, folder or known build")]
    [InlineData("syscalls 10.0.99999.1", "10.0.99999.1: no such build is known; the nearest are")]
    [InlineData("syscalls find not/a/name", "not/a/name: neither a service's name nor a number")]
    public void What_cannot_be_used_is_refused_in_one_line(string line, string expected) =>
        NtScopeProcess.Run(line.Split(' ')).Refused().ShouldContain(expected);

    [Fact]
    public void No_target_is_refused_where_there_is_no_System32()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "on Windows, no target means System32");

        NtScopeProcess.Run("syscalls").Refused().ShouldContain("no target: name a known build, an image, a folder or a capture");
    }

    [Fact]
    public void An_empty_folder_is_refused() => NtScopeProcess.Run("syscalls", _folder.FullName).Refused().ShouldContain("there is no image in this folder");

    [Fact]
    public void A_truncated_image_is_refused_with_file_structure_and_offset()
    {
        var path = Path.Combine(_folder.FullName, "torn.dll");
        File.WriteAllBytes(path, Image().Build()[..0x90]);

        NtScopeProcess.Run("syscalls", path).Refused().ShouldMatch(@"torn\.dll: .+ at offset 0x[0-9a-f]+: ");
    }

    [Fact]
    public void An_image_without_services_is_refused_with_what_was_looked_for()
    {
        var path = Path.Combine(_folder.FullName, "plain.dll");
        File.WriteAllBytes(path, Image().Build());

        NtScopeProcess.Run("syscalls", path).Refused().ShouldContain("no system services were found");
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_refused() =>
        NtScopeProcess.Run("syscalls", "10.0.18362.476", "-o", Path.Combine(_folder.FullName, "no", "such", "folder.json")).Refused().ShouldContain("folder.json");

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    [InlineData("csv")]
    [InlineData("md")]
    [InlineData("html")]
    public void Names_from_a_hostile_file_never_reach_a_terminal_raw(string format)
    {
        var path = Path.Combine(_folder.FullName, "evil.dll");
        var image = Image();
        image.WithVersion(new Images.FileVersion(1, 2, 3, 4), ("FileDescription", "evil\x1b]0;owned\a\x1b[2J<script>"));
        File.WriteAllBytes(path, image.Build());

        var sent = NtScopeProcess.RunOnTerminal("info", path, "--format", format).Output;

        sent.ShouldContain(format switch { "json" => @"evil\u001B]0;owned", "md" => @"evil\\x1b", _ => @"evil\x1b" });
        sent.ShouldNotContain("\x1b]0;");
        sent.ShouldNotContain("\x1b[2J");
        sent.ShouldNotContain('\a');
    }

    [Fact]
    public void A_reader_that_goes_away_is_no_error()
    {
        var outcome = NtScopeProcess.RunShell("set -o pipefail; for i in 1 2 3 4 5; do \"$NTSCOPE\" syscalls 10.0.18362.476 -f json | head -n 1 || exit; done");

        outcome.ExitCode.ShouldBe(0, outcome.Error);
        outcome.Error.ShouldBeEmpty();
    }

    [Fact]
    public void A_pipe_is_refused_instead_of_waited_for()
    {
        var fifo = Path.Combine(_folder.FullName, "never.dmp");

        var outcome = NtScopeProcess.RunShell($"mkfifo '{fifo}'; \"$NTSCOPE\" info '{fifo}'");

        outcome.ExitCode.ShouldBe(2);
        outcome.Error.ShouldContain("never.dmp: is empty or no regular file");
    }

    [Fact]
    public void Ctrl_C_stops_a_search_through_a_huge_capture_while_its_progress_is_shown()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "there is no 'script' to make a pseudo-terminal: run eng/test-setup");
        var path = Path.Combine(_folder.FullName, "huge.raw");

        // What stops is the work itself, which says so; a run that does not stop is ended without a word.
        var outcome = NtScopeProcess.RunShell(
            $"truncate -s 1T '{path}'; script -qec \"timeout --foreground --preserve-status -s INT 2 '$NTSCOPE' info '{path}'\" /dev/null; echo \"ended with $?\"");

        outcome.Output.ShouldContain("searching for page tables [");
        outcome.Output.ShouldContain("ntscope: cancelled");
        outcome.Output.ShouldContain("ended with 130");
    }

    private static PeImageBuilder Image()
    {
        var image = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "plain.dll" };
        image.AddSectionAt(0x1000, ".text", new byte[0x100], executable: true);
        return image.Export("Function", 0x1000);
    }
}
