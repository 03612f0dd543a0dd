using NtScope.Debugging;
using NtScope.Debugging.SourceExpressions;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>C++ expressions. Expected output is what Microsoft's engine printed for the same line.</summary>
public sealed class SourceExpressionTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
    [Theory]
    [InlineData("?? 10", "int 0n10")]
    [InlineData("?? 010", "int 0n8")]
    [InlineData("?? 0xffffffff", "unsigned int 0xffffffff")]
    [InlineData("?? 4294967295", "int64 0n4294967295")]
    [InlineData("?? 5u - 6u", "unsigned int 0xffffffff")]
    [InlineData("?? -5/2", "int 0n-2")]
    [InlineData("?? 5.0/2", "double 2.5")]
    [InlineData("?? 1.5f + 1", "float 2.5")]
    [InlineData("?? 1 + 2 * 3", "int 0n7")]
    [InlineData("?? 1 | 2 & 3", "int 0n3")]
    [InlineData("?? 1 << 32", "int 0n0")]
    [InlineData("?? -1 >> 1", "int 0n-1")]
    [InlineData("?? 1 == 1", "bool true")]
    [InlineData("?? !5", "bool false")]
    [InlineData("?? 5 ? 6 : 7", "int 0n6")]
    [InlineData("?? 'a'", "char 0n97 'a'")]
    [InlineData("?? (unsigned char)300", "unsigned char 0x2c ','")]
    [InlineData("?? (char)5 + (char)6", "char 0n11 ''")]
    [InlineData("?? (nt!_POOL_TYPE)1", "_POOL_TYPE PagedPool (0n1)")]
    [InlineData("?? (nt!_POOL_TYPE)99", "_POOL_TYPE 0n99 (No matching enumerant)")]
    [InlineData("?? sizeof(nt!_EPROCESS)", "unsigned int64 0x880")]
    [InlineData("?? #FIELD_OFFSET(nt!_EPROCESS, UniqueProcessId)", "long 0n744")]
    [InlineData("?? (int*)5 + 1", "int * 0x00000000`00000009")]
    [InlineData("?? (int*)9 - (int*)5", "int64 0n1")]
    [InlineData("?? ((unsigned long*)@@(nt!KiServiceTable))[0x55]", "unsigned long 0x20b9207")]
    [InlineData("?? ((nt!_EPROCESS*)@@(poi(nt!PsInitialSystemProcess)))->UniqueProcessId", "void * 0x00000000`00000004")]
    [InlineData("?? ((nt!_EPROCESS*)@@(poi(nt!PsInitialSystemProcess)))->ImageFileName[0]", "unsigned char 0x53 'S'")]
    [InlineData("? @@c++(sizeof(nt!_EPROCESS)) + 1", "Evaluate expression: 2177 = 00000000`00000881")]
    [InlineData("?? 1/0", "Operand error at '<EOL>'")]
    [InlineData("?? 5 +", "Syntax error at '<EOL>'")]
    [InlineData("?? (5", "Unexpected token '<EOL>'")]
    [InlineData("?? *(int*)0", "Memory access error at '<EOL>'")]
    [InlineData("?? ((nt!_LIST_ENTRY*)0)->Flink", "Memory access error at 'Flink'")]
    [InlineData("?? ((nt!_LIST_ENTRY*)0)->Nosuch", "Type does not have given member error at 'Nosuch'")]
    [InlineData("?? nosuch", "Couldn't resolve error at 'nosuch'")]
    public void A_value_comes_with_its_type(string command, string expected) => machine.Run(command).ShouldBe(expected + "\n");

    [Fact]
    public void What_does_not_count_is_not_read()
    {
        machine.Run("?? 0 ? *(int*)0 : 7").ShouldBe("int 0n7\n");
        machine.Run("?? 0 && *(int*)0").ShouldBe("bool false\n");
        machine.Run("?? sizeof(*(int*)0)").ShouldBe("unsigned int64 4\n");
    }

    [Fact]
    public void Structures_are_shown_field_by_field()
    {
        var text = machine.Run("?? ((nt!_EPROCESS*)@@(poi(nt!PsInitialSystemProcess)))->ActiveProcessLinks");
        text.ShouldMatch(@"^struct _LIST_ENTRY\n \[ 0x[0-9a-f`]+ - 0x[0-9a-f`]+ \]\n   \+0x000 Flink            : 0x");
    }

    [Fact]
    public void Evaluators_nest_within_a_bound() =>
        machine.Run("? " + string.Concat(Enumerable.Repeat("@@(@@masm(", 100)) + "1").ShouldContain("nested too deep");

    [Fact]
    public void A_program_gets_the_value_itself()
    {
        var value = machine.Session.Execute("?? sizeof(nt!_EPROCESS) * 2", CancellationToken.None).ShouldBeOfType<SourceResult>().Value;
        value.Bits.ShouldBe(0x1100UL);
    }

    [Fact]
    public void Another_evaluator_can_be_chosen()
    {
        using var session = new DebuggerSession(machine.Target);
        FoundingMachine.Run(session, ".expr /s c++; ? 10").ShouldEndWith("Evaluate expression: 10 = 00000000`0000000a\n");
        FoundingMachine.Run(session, ".expr /s masm; ? 10").ShouldEndWith("Evaluate expression: 16 = 00000000`00000010\n");
    }
}
