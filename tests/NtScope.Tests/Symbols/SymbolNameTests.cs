using NtScope.Symbols;

namespace NtScope.Tests.Symbols;

public class SymbolNameTests
{
    [Theory]
    [InlineData("_NtClose@4", "NtClose")]
    [InlineData("@ExfInterlockedInsertHeadList@12", "ExfInterlockedInsertHeadList")]
    [InlineData("_KiServiceTable", "KiServiceTable")]
    [InlineData("__imp__NtClose@4", "_imp__NtClose")]
    [InlineData("mul@@16", "mul")]
    [InlineData("?Free@SC_ENV@@SAXPEAX@Z", "?Free@SC_ENV@@SAXPEAX@Z")]
    [InlineData("name@x", "name@x")]
    [InlineData("_", "_")]
    [InlineData("@4", "@4")]
    public void The_decoration_of_x86_names_goes(string decorated, string name) =>
        SymbolName.Undecorate(decorated, ProcessorArchitecture.X86).ShouldBe(name);

    [Fact]
    public void Names_of_x64_stay() => SymbolName.Undecorate("_misaligned_access", ProcessorArchitecture.X64).ShouldBe("_misaligned_access");
}
