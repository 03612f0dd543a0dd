using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Drivers;

public sealed class LabDocumentationTests
{
    [Fact]
    public void The_table_names_every_routine_that_the_executive_implements()
    {
        var text = File.ReadAllText(Path.Combine(Facts.ProjectRoot, "docs", "lab.md"));
        using var machine = new LabMachine();
        machine.ImplementedRoutines.Where(name => !text.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
