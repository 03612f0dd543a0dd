namespace NtScope.Cli;

/// <summary>What the process says to the shell when it ends.</summary>
internal static class ExitCode
{
    /// <summary>Done, and nothing found wrong.</summary>
    public const int Done = 0;

    /// <summary>Done, and something found that a checking verb looks for.</summary>
    public const int Findings = 1;

    /// <summary>The input or the command line could not be used.</summary>
    public const int UnusableInput = 2;

    /// <summary>A bug.</summary>
    public const int InternalError = 3;

    /// <summary>Ended by Ctrl+C, as shells expect it.</summary>
    public const int Cancelled = 130;
}
