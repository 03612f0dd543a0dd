using NtScope.Debugging;
using NtScope.Reports;
using NtScope.Symbols;
using NtScope.Testing;

namespace NtScope.Tests.Debugging;

public class ScriptRunnerTests
{
    // Expected output is what Microsoft's engine printed for the same line.
    [Theory]
    [InlineData(".echo hello;.echo there", "hello\nthere\n")]
    [InlineData(".if (1) {.echo yes} .else {.echo no}", "yes\n")]
    [InlineData(".if (0) {.echo yes} .elsif (1) {.echo second} .else {.echo no}", "second\n")]
    [InlineData(".if 1 {.echo yes}", "yes\n")]
    [InlineData(".for (r $t0 = 0; @$t0 < 3; r $t0 = @$t0 + 1) {.printf \"%d\\n\", @$t0}", "0\n1\n2\n")]
    [InlineData(".for (r $t0 = 0; @$t0 < 5; r $t0 = @$t0 + 1) {.if (@$t0 == 2) {.continue}; .if (@$t0 == 4) {.break}; .printf \"%d\\n\", @$t0}", "0\n1\n3\n")]
    [InlineData("r $t0 = 2; .while (@$t0 > 0) {.printf \"%d\\n\", @$t0; r $t0 = @$t0 - 1}", "2\n1\n")]
    [InlineData(".do {.echo once} (0)", "once\n")]
    [InlineData(".foreach (v {.echo a b c}) {.echo item v}", "item a\nitem b\nitem c\n")]
    [InlineData(".foreach /s (v \"x y z\") {.echo v v}", "x x\ny y\nz z\n")]
    [InlineData(".foreach /pS 1 /ps 1 (v {.echo a b c d e f}) {.echo v}", "b\nd\nf\n")]
    [InlineData("aS Foo hi there; .block {.echo Foo}", "hi there\n")]
    [InlineData("aS /x Bar 5+5; .block {.echo ${Bar}}", "0xa\n")]
    [InlineData(".block {.echo ${/d:NoSuch}}", "0\n")]
    [InlineData("$$ a comment ; .echo yes", "yes\n")]
    [InlineData("* a comment ; .echo not", "")]
    [InlineData(".echo a * b", "a * b\n")]
    [InlineData(".echo \"a;b\"", "a;b\n")]
    [InlineData(".if (1)\n{\n  .echo inside\n}\n.else\n{\n  .echo not\n}\n.echo behind", "inside\nbehind\n")]
    public void Commands_run_in_order_with_loops_conditions_and_aliases(string text, string expected)
    {
        using var session = Session();
        Run(session, text).ShouldBe(expected);
    }

    [Fact]
    public void An_error_ends_its_line_only()
    {
        using var session = Session();
        Should.Throw<DebuggerException>(() => Run(session, ".nosuch; .echo not")).Message.ShouldContain("'.nosuch'");
        Run(session, ".echo on").ShouldBe("on\n");
    }

    [Fact]
    public void An_endless_loop_ends_when_it_is_cancelled()
    {
        using var session = Session();
        using var cancellation = new CancellationTokenSource();
        var turns = 0;
        Should.Throw<OperationCanceledException>(() =>
        {
            foreach (var _ in session.Run(".while (1) {.echo turn}", cancellation.Token))
            {
                if (++turns == 10) cancellation.Cancel();
            }
        });
        turns.ShouldBe(10);
    }

    [Fact]
    public void Scripts_that_run_themselves_end_with_an_error()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("again.txt");
        File.WriteAllText(path, "$$>< " + path);
        using var session = Session();
        Should.Throw<DebuggerException>(() => Run(session, "$$>< " + path)).Message.ShouldContain("nested");
    }

    [Fact]
    public void Scripts_take_arguments()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("greet.txt");
        File.WriteAllText(path, ".echo ${$arg1} and ${$arg2}\n$$ done\n");
        using var session = Session();
        Run(session, $"$$>a< {path} one \"two three\"").ShouldBe("one and two three\n");
    }

    [Fact]
    public void A_log_and_memory_go_into_files()
    {
        using var folder = new TemporaryFolder();
        using var session = Session();
        Run(session, $".writemem {folder.File("memory.bin")} 1000 L4").ShouldContain("Writing 4 bytes");
        File.ReadAllBytes(folder.File("memory.bin")).ShouldBe([0, 1, 2, 3]);
        Should.Throw<DebuggerException>(() => Run(session, $".writemem {folder.File("short.bin")} 1ff0 L20")).Message.ShouldContain("incomplete");
        Run(session, $".logopen {folder.File("log.txt")}").ShouldContain("Opened log file");
        session.Log.ShouldNotBeNull();
        Run(session, ".logclose").ShouldContain("Closing open log file");
    }

    [Theory]
    [InlineData("dq", 0, new[] { "dq", "dqa", "dqp", "dqs", "dqu" })]
    [InlineData("dd nt!Nt", 3, new[] { "nt!NtClose", "nt!NtOpenKey" })]
    [InlineData("u n", 2, new[] { "nt!" })]
    public void The_word_left_of_the_cursor_is_completed(string line, int start, string[] candidates)
    {
        using var session = Session();
        var completion = Completion.Of(session, line);
        completion.Start.ShouldBe(start);
        completion.Candidates.ShouldBe(candidates);
    }

    [Fact]
    public void Every_command_explains_itself()
    {
        using var session = Session();
        foreach (var command in session.Commands.All)
        {
            Run(session, ".help " + command.Names[0]).ShouldBe($"{command.Usage}\n{command.Help}\n");
        }
    }

    private static string Run(DebuggerSession session, string text)
    {
        var output = new StringWriter();
        foreach (var result in session.Run(text, TestContext.Current.CancellationToken))
        {
            result.Write(output, TestContext.Current.CancellationToken);
        }

        return output.ToString();
    }

    private static DebuggerSession Session() => new(new Target
    {
        Kind = TargetKind.Capture,
        Summary = new TargetSummary("fake", "capture", "x64", null, null),
        Architecture = ProcessorArchitecture.X64,
        Memory = new BufferMemory(new VirtualAddress(0x1000), [.. Enumerable.Range(0, 0x1000).Select(i => (byte)i)]),
        Modules =
        [
            new Module
            {
                Name = "nt",
                Path = "ntoskrnl.exe",
                Base = new VirtualAddress(0x1000),
                Size = 0x1000,
                Symbols = new SymbolTable([new("NtClose", 0x10, NameSource.Symbol), new("NtOpenKey", 0x40, NameSource.Symbol), new("KiServiceTable", 0x80, NameSource.Symbol)]),
            },
        ],
    });
}
