using System.Globalization;
using NtScope.Knowledge;
using NtScope.Syscalls;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>The commands of the founding text, and what it shows for each.</summary>
public sealed class FoundingTextTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
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
    public void Kernel_commands_show_the_machine()
    {
        machine.Run("!process 0 0").ShouldContain("explorer.exe");
        machine.Run("!drvobj").ShouldContain("\\Driver");
        machine.Run("!vtop nt!KiServiceTable").ShouldContain("Virtual address fffff80413c3ec20 translates to physical address ");
        machine.Run("!vtop 0").ShouldContain("does not translate");
        machine.Run("!idt 3").ShouldContain("03:\t");
        machine.Run("!handle").ShouldContain("GrantedAccess");
        machine.Run("dt nt!_EPROCESS @$proc ImageFileName").ShouldBe("   +0x450 ImageFileName : [15]  \"System\"\n");
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
