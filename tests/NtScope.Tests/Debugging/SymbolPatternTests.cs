using NtScope.Debugging;

namespace NtScope.Tests.Debugging;

public class SymbolPatternTests
{
    [Theory]
    [InlineData("nt*file", "NtCreateFile", true)]
    [InlineData("Nt?lose", "NtClose", true)]
    [InlineData("Nt[CO]pen*", "NtOpenKey", true)]
    [InlineData("Nt[CX]pen*", "NtOpenKey", false)]
    [InlineData("*", "", true)]
    [InlineData("?", "", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("[", "[", true)]
    public void Stars_marks_and_brackets_stand_for_characters(string pattern, string name, bool matches) =>
        new SymbolPattern(pattern).Matches(name).ShouldBe(matches);
}
