namespace NtScope.Windows.Tests.Wine;

/// <summary>The debugger shell over a program that runs.</summary>
public sealed class DebuggerUnderWineTests(DebuggerUnderWineTests.Part debugger) : IClassFixture<DebuggerUnderWineTests.Part>
{
    [Fact]
    public void A_program_that_runs_shows_its_modules_its_code_and_its_names()
    {
        var modules = Lines("modules");
        modules.ShouldContain(static line => line == "notepad");
        modules.ShouldContain(static line => line == "ntdll");
        modules.ShouldContain(static line => line == "kernelbase");
        var text = Lines("commands");
        text.ShouldContain(static line => line.StartsWith("0:000> u ntdll!NtCreateFile L6; "));
        text.ShouldContain(static line => line == "ntdll!NtCreateFile:");
        text.ShouldContain(static line => line.EndsWith(" 4c8bd1          mov     r10,rcx"));
        text.ShouldContain(static line => line.EndsWith(" f604250803fe7f01 test    byte ptr [SharedUserData+0x308 (00000000`7ffe0308)],1"));
        text.ShouldContain(static line => line.Contains(" jne     ntdll!NtCreateFile+0x15 ("));
        text.ShouldContain(static line => line.EndsWith(" ntdll!NtCreateFile (NtCreateFile)"));
        text.ShouldContain(static line => line.EndsWith("  4d 5a                                            MZ"));
        text.ShouldContain(static line => line == "00000000`00000000  ?? ??                                            ??");
        text.ShouldContain(static line => line.StartsWith("Evaluate expression: "));
        text.ShouldContain(static line => line == "Exact matches:");
        text.ShouldContain(static line => line.Contains("this needs a machine's memory"));
    }

    [Fact]
    public void Json_documents_stand_one_on_a_line()
    {
        var documents = Lines("json").Where(static line => line.StartsWith('{')).ToList();
        documents.Count.ShouldBe(2);
        documents[0].ShouldContain("\"name\":\"ntdll\"");
        documents[1].ShouldContain("\"value\":\"0x00905a4d\"");
    }

    [Theory]
    [InlineData("nosuch", "no running process has this name")]
    [InlineData("noid", "no running process has this ID")]
    public void A_process_that_is_not_there_is_one_line_with_exit_code_2(string step, string reason)
    {
        debugger.Code(step).ShouldBe(2);
        debugger.Error(step).ShouldContain(reason);
    }

    private string[] Lines(string step) => debugger.Text(step).Split('\n');

    public sealed class Part() : WinePart("debug");
}
