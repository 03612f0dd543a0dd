using NtScope.Debugging;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>Lines that nobody means: each ends in an answer or an error, and the session goes on.</summary>
public sealed class HostileLineTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
    private const int Lines = 3000;

    private static readonly string[] Words =
    [
        "?", "??", "db", "dd", "dps", "dpu", "dyb", "dt", "u", "ub", "uf", "x", "s", "ln", "lm", "r", ".if", ".for", ".foreach", ".while", ".block", ".printf", ".echo", "as", "al", "ad",
        "!process", "!thread", "!object", "!drvobj", "!devobj", "!pte", "!vtop", "!handle", "!idt", ".process", ".formats", "dl", "ds", ".expr", "n",
        "nt!KiServiceTable", "nt!_EPROCESS", "nt!_LIST_ENTRY", "nt", "poi(", "@@(", "@@c++(", "@@masm(", ")", "(", "[", "]", "{", "}", ";", "\"", "'", "`", "${", "$t0", "@$proc", "=", "L?", "L", "-", "/c",
        "0", "1", "ffffffff`ffffffff", "8000000000000000", "-1", "0n", "0x", "*", "+", "<<", ">>>", "->", ".", ",", "&", "|", "~", "%d", "%ma", "-r9", "-a", "-l", "Flink", "\\", "\\Device", "\0", "é", "\u202e",
    ];

    public static TheoryData<string> Odd => [.. new[]
    {
        "? " + new string('(', 5000), "?? " + new string('!', 5000) + "1", "? " + string.Concat(Enumerable.Repeat("@@(@@masm(", 500)) + "1", new string('{', 5000),
        ".if (1) {" + string.Concat(Enumerable.Repeat(".if (1) {", 400)), "as a ${a}; .echo a", "dt -r99999 nt!_EPROCESS poi(nt!PsInitialSystemProcess)", "dd nt L?7fffffff",
        "s -b 0 L?ffffffffffffffff 1", "s -sa 0 L?ffffffffffffffff", "!process nt 7", "!object nt", "!handle 0 3 nt", "!drvobj nt 7", "!pte ffffffffffffffff", "!vtop ffffffffffffffff ffffffffffffffff",
        ".process /p /r nt", "dl nt!PsLoadedModuleList ffffffff ffffffff", "x *!*****************************a*b", "u ffffffffffffffff", "ub ffffffffffffffff", "db ffffffffffffffff L100",
    }];

    [Theory]
    [MemberData(nameof(Odd))]
    public void A_line_without_measure_ends(string line) => Answer(line);

    [Fact]
    public void Random_words_in_any_order_never_end_in_anything_but_an_answer()
    {
        var random = new Random(4711);
        for (var i = 0; i < Lines; i++)
        {
            Answer(string.Join(random.Next(4) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 9)).Select(_ => Words[random.Next(Words.Length)])));
        }

        using var session = new DebuggerSession(machine.Target);
        FoundingMachine.Run(session, "? 5+5").ShouldBe("Evaluate expression: 10 = 00000000`0000000a\n");
    }

    // What takes long is stopped as Ctrl+C stops it.
    private void Answer(string line)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        using var session = new DebuggerSession(machine.Target);
        try
        {
            foreach (var result in session.Run(line, stop.Token)) result.Write(TextWriter.Null, stop.Token);
        }
        catch (Exception ended) when (ended is DebuggerException or OperationCanceledException)
        {
            // An error for the user, or the stop.
        }
        catch (Exception escaped)
        {
            throw new ShouldAssertException($"'{line}' let {escaped.GetType().Name} escape: {escaped.Message}", escaped);
        }
    }
}
