namespace NtScope.Debugging.Execution;

/// <summary>A breakpoint of a session.</summary>
/// <param name="number">Its number.</param>
/// <param name="expression">The place as it was typed.</param>
public sealed class Breakpoint(int number, string expression)
{
    /// <summary>Its number.</summary>
    public int Number { get; } = number;

    /// <summary>The place as it was typed.</summary>
    public string Expression { get; } = expression;

    /// <summary>Where it is; null while nothing that is loaded has the place.</summary>
    public VirtualAddress? Address { get; set; }

    /// <summary>Whether it stops the target.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>How many bytes it watches, and how; null for one on an instruction.</summary>
    public DataBreakpoint? Data { get; init; }

    /// <summary>How many more hits are let pass, and one.</summary>
    public uint PassesLeft { get; set; } = 1;

    /// <summary>How many hits it waits for.</summary>
    public uint Passes { get; init; } = 1;

    /// <summary>What is run when it is hit; empty for nothing.</summary>
    public string Commands { get; init; } = string.Empty;
}
