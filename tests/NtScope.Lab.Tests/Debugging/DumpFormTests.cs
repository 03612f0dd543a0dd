namespace NtScope.Lab.Tests.Debugging;

/// <summary>The forms in which memory is shown, over the first words of the service table. The engine lays them out the same way.</summary>
public sealed class DumpFormTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
    private const string Margin = "                   ";

    [Theory]
    [InlineData("dc nt!KiServiceTable L5", "fffff804`13c3ec20  fced7204 fcf77b00 02b94a02 04747400  .r...{...J...tt.\nfffff804`13c3ec30  01cef300                             ....\n")]
    [InlineData("dW nt!KiServiceTable L3", "fffff804`13c3ec20  7204 fced 7b00                           .r...{\n")]
    [InlineData("dw nt!KiServiceTable L3", "fffff804`13c3ec20  7204 fced 7b00\n")]
    [InlineData("dyb nt!KiServiceTable L2", Margin + "76543210 76543210 76543210 76543210\n" + Margin + "-------- -------- -------- --------\nfffff804`13c3ec20  00000100 01110010                    04 72\n")]
    [InlineData("dyd nt!KiServiceTable L1", Margin + " 3          2          1          0\n" + Margin + "10987654 32109876 54321098 76543210\n" + Margin + "-------- -------- -------- --------\nfffff804`13c3ec20  11111100 11101101 01110010 00000100  fced7204\n")]
    [InlineData("dd /c 1 nt!KiServiceTable L2", "fffff804`13c3ec20  fced7204\nfffff804`13c3ec24  fcf77b00\n")]
    [InlineData("db /c 3 nt!KiServiceTable L4", "fffff804`13c3ec20  04 72 ed  .r.\nfffff804`13c3ec23  fc        .\n")]
    [InlineData("df 0 L1", "00000000`00000000  ????????????????\n")]
    [InlineData("dD 0 L1", "00000000`00000000  ????????????????????????\n")]
    [InlineData("dd5 L1", "00000000`00000005  ????????\n")]
    [InlineData("db /c 0 nt", "              ^ Illegal column count in 'db /c 0 nt'\n")]
    public void Each_form_has_the_engines_columns(string command, string expected) =>
        machine.Run(command).Replace("kd> ", "", StringComparison.Ordinal).ShouldBe(expected.Replace("              ^ Ill", "           ^ Ill", StringComparison.Ordinal));

    [Fact]
    public void Pointers_show_what_they_point_at()
    {
        machine.Run("dps nt!PsInitialSystemProcess L1").ShouldMatch("^fffff804`[0-9a-f]{8}  [0-9a-f`]{17}\\n$");
        machine.Run("dpp nt!PsLoadedModuleList L1").ShouldMatch("^fffff804`[0-9a-f]{8}  [0-9a-f`]{17} [0-9a-f`]{17}");
        machine.Run("r $t0 = nt!PsLoadedModuleList; dps @$t0 L1; dps poi(@$t0)+8 L1").ShouldContain("nt!PsLoadedModuleList");
    }

    [Fact]
    public void Counted_strings_and_lists_are_followed()
    {
        // BaseDllName of the first entry of the list of modules.
        machine.Run("dS poi(nt!PsLoadedModuleList)+58").ShouldEndWith("  \"ntoskrnl.exe\"\n");
        var lines = machine.Run("dl nt!PsLoadedModuleList 3 2").TrimEnd('\n').Split('\n');
        lines.Length.ShouldBe(3);
        lines[0].Split("  ")[1].Split(' ')[0].ShouldBe(lines[1].Split("  ")[0]);
    }

    [Fact]
    public void Strings_in_memory_are_listed()
    {
        machine.Run("s -sa nt L1000").ShouldContain("\".text");
        machine.Run("s -[l100]sa nt L1000").ShouldBe(string.Empty);
    }
}
