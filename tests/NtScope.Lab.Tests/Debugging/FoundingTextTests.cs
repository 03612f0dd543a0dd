using System.Globalization;
using NtScope.Knowledge;
using NtScope.Syscalls;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>The commands of the founding text, and what it shows for each.</summary>
public sealed class FoundingTextTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
    /// <summary>
    /// The transcript from beginning to end. The article leaves out the line with the symbol that starts a listing, and cuts listings short: all
    /// that may come besides its own lines is that one line in front, and further lines of the same listing behind.
    /// </summary>
    [Fact]
    public void The_transcript_of_the_text_comes_out_byte_for_byte()
    {
        var transcript = Transcript.Read(Facts.FoundingText(), "Where did System Services 0 and 1 go?", "For those fond of WinDbg scripting").ToList();
        transcript.Select(entry => entry.Command).ShouldBe(
        [
            "u", "dd nt!KiServiceTable", "dd nt!KiServiceTable+55*4 L1", "u nt!KiServiceTable+020b920", "dd nt!KiServiceTable", "u nt!KiServiceTable+fced720",
            "u nt!KiServiceTable+ffffffff`ffced720", "u nt!KiServiceTable+ffffffff`ffcf77b0",
        ]);
        machine.ProcessSession.NextCodeAddress = machine.ProcessSession.Symbols.Find("ntdll!NtCreateFile").ShouldHaveSingleItem();
        foreach (var (prompt, command, lines) in transcript)
        {
            var session = prompt == "0:000> " ? machine.ProcessSession : machine.Session;
            session.Prompt.ShouldBe(prompt.Replace("lkd", "kd", StringComparison.Ordinal));
            var actual = FoundingMachine.Run(session, command).TrimEnd('\n').Split('\n');
            var isFailure = lines[0].Contains("??", StringComparison.Ordinal);
            var headers = command[0] == 'u' && !isFailure ? 1 : 0;
            if (headers > 0) actual[0].ShouldMatch(@"^(nt|ntdll)!\w+:$", command);
            actual.Skip(headers).Take(lines.Count).ShouldBe(lines, command);
            string[] rest = [.. actual.Skip(headers + lines.Count)];
            if (isFailure) rest.ShouldBeEmpty(command);
            foreach (var further in rest)
            {
                if (headers > 0 && further.EndsWith(':')) further.ShouldMatch(@"^nt!\w+(\+0x[0-9a-f]+)?:$", command);
                else string.CompareOrdinal(further[..17], lines[^1][..17]).ShouldBeGreaterThan(0, command);
            }
        }
    }

    /// <summary>What the text shows, asked with the lengths that it shows: nothing but the line of the symbol is added.</summary>
    [Theory]
    [InlineData("dd nt!KiServiceTable L14", """
        fffff804`13c3ec20  fced7204 fcf77b00 02b94a02 04747400
        fffff804`13c3ec30  01cef300 fda01f00 01c06005 01c3b506
        fffff804`13c3ec40  02218b05 0289df01 028bd600 01a98d00
        fffff804`13c3ec50  01e31b00 01c2a200 028b7200 01cca500
        fffff804`13c3ec60  02229b01 01bf9901 0296d100 01fea002
        """)]
    [InlineData("dd nt!KiServiceTable+55*4 L1", "fffff804`13c3ed74  020b9207")]
    [InlineData("dd nt!KiServiceTable L8", """
        fffff804`13c3ec20  fced7204 fcf77b00 02b94a02 04747400
        fffff804`13c3ec30  01cef300 fda01f00 01c06005 01c3b506
        """)]
    [InlineData("u nt!KiServiceTable+020b920 L4", """
        nt!NtCreateFile:
        fffff804`13e4a540 4881ec88000000  sub     rsp,88h
        fffff804`13e4a547 33c0            xor     eax,eax
        fffff804`13e4a549 4889442478      mov     qword ptr [rsp+78h],rax
        fffff804`13e4a54e c744247020000000 mov     dword ptr [rsp+70h],20h
        """)]
    [InlineData("u nt!KiServiceTable+fced720", """
        fffff804`2392c340 ??              ???
                            ^ Memory access error in 'u nt!KiServiceTable+fced720'
        """)]
    [InlineData("u nt!KiServiceTable+ffffffff`ffced720 L3", """
        nt!NtAccessCheck:
        fffff804`1392c340 4c8bdc          mov     r11,rsp
        fffff804`1392c343 4883ec68        sub     rsp,68h
        fffff804`1392c347 488b8424a8000000 mov     rax,qword ptr [rsp+0A8h]
        """)]
    [InlineData("u nt!KiServiceTable+ffffffff`ffcf77b0 L2", """
        nt!NtWorkerFactoryWorkerReady:
        fffff804`139363d0 4c8bdc          mov     r11,rsp
        fffff804`139363d3 49895b08        mov     qword ptr [r11+8],rbx
        """)]
    public void Each_command_gives_the_bytes_of_the_text(string command, string expected) =>
        machine.Run(command).ShouldBe(expected.ReplaceLineEndings("\n") + "\n");

    [Fact]
    public void A_dump_without_a_length_starts_with_the_lines_of_the_text()
    {
        var lines = machine.Run("dd nt!KiServiceTable").Split('\n');
        lines.Length.ShouldBe(9);
        lines[4].ShouldBe("fffff804`13c3ec60  02229b01 01bf9901 0296d100 01fea002");
    }

    [Fact]
    public void The_script_that_the_text_asks_for_lists_what_syscalls_lists()
    {
        var script = Path.Combine(Facts.ProjectRoot, "docs", "scripts", "services.txt");
        var listed = machine.Run("$$>< " + script).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var rows = SyscallAnalyser.Analyse(machine.Target, KnowledgeBase.Embedded, new SyscallOptions()).Rows.Where(row => row.Table == ServiceTableKind.Nt).ToList();
        listed.Length.ShouldBe(464);
        rows.Count.ShouldBe(464);
        for (var i = 0; i < rows.Count; i++)
        {
            var words = listed[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture).ShouldBe(i);
            ulong.Parse(words[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture).ShouldBe(rows[i].Address!.Value.Value);
            int.Parse(words[2], CultureInfo.InvariantCulture).ShouldBe(rows[i].StackArguments!.Value);
            machine.Session.Target.Modules[0].Symbols!.TryGetRva(words[3][3..], out var rva).ShouldBeTrue(listed[i]);
            machine.Session.Target.Modules[0].Symbols!.TryGetRva(rows[i].Name!, out var expected).ShouldBeTrue(rows[i].Name);
            rva.ShouldBe(expected);
        }
    }

    [Fact]
    public void Another_process_is_read_through_its_own_page_tables_and_the_system_comes_back()
    {
        var process = machine.Run(".foreach /pS 1 (p {dd nt!PsActiveProcessHead L1}) {.echo}; ? @$proc");
        process.ShouldContain("Evaluate expression: ");
        machine.Run("r $t0 = @$proc; .process /p @$t0").ShouldContain("Implicit process is now ");
        machine.Session.DirectoryTable.ShouldNotBeNull();
        machine.Run("db nt L2").ShouldContain("4d 5a");
        machine.Run(".process 0").ShouldContain("Implicit process");
        machine.Session.DirectoryTable.ShouldBeNull();
    }

    [Fact]
    public void Bad_input_is_answered_and_the_session_goes_on()
    {
        foreach (var line in (string[])["dd nosuch", ".if (", ".for (1) {x}", "dt nt!_NOSUCH", "$$>< /no/such/file", "u", "u 0", "s", ".printf", "as", "ad x", "!pte", ".process 1", ".writemem", "xyzzy", "}", "((((", ".foreach (a) {b}", "dd nt L100000000"])
        {
            Should.NotThrow(() => machine.Run(line), line);
        }

        machine.Run("? 5+5").ShouldBe("Evaluate expression: 10 = 00000000`0000000a\n");
    }
}
