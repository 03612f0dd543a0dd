namespace NtScope.Cli.Debugger;

/// <summary>How the debugger's shell writes.</summary>
internal sealed record ShellOptions
{
    /// <summary>Whether each command gives one JSON document on one line.</summary>
    public bool IsJson { get; init; }

    /// <summary>Whether prompt and command come before the output where nobody types them.</summary>
    public bool Echoes { get; init; }

    /// <summary>Whether long output goes through a pager.</summary>
    public bool Pages { get; init; }
}
