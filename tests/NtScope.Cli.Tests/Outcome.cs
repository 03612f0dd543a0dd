namespace NtScope.Cli.Tests;

/// <summary>How a run of the program ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>The output of a run that ended well.</summary>
    public string Succeeded()
    {
        ExitCode.ShouldBe(0, Error);
        Error.ShouldBeEmpty();
        return Output;
    }

    /// <summary>The one line on the standard error of a run that refused its input.</summary>
    public string Refused()
    {
        ExitCode.ShouldBe(2, Output + Error);
        Output.ShouldBeEmpty();
        Error.Count(character => character == '\n').ShouldBe(1, Error);
        Error.ShouldStartWith("ntscope: ");
        return Error.TrimEnd();
    }
}
