using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

/// <summary>What each finding has to say beside what is wrong.</summary>
internal static class FindingExplanation
{
    /// <summary>Asserts that a finding names the driver, a routine, and a stack with frames of the driver.</summary>
    public static void ShouldExplain(this LabFinding finding, LabDriver driver)
    {
        finding.Driver.ShouldBe(driver.Name, finding.ToString());
        finding.Routine.ShouldNotBeNullOrEmpty(finding.ToString());
        finding.Stack.ShouldContain(
            frame => frame.StartsWith(Path.GetFileNameWithoutExtension(driver.Name) + "!", StringComparison.Ordinal),
            $"{finding}{Environment.NewLine}{string.Join(Environment.NewLine, finding.Stack)}");
    }
}
