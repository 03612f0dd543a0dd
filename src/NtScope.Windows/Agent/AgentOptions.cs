namespace NtScope.Windows.Agent;

/// <summary>How the agent runs.</summary>
public sealed record AgentOptions
{
    /// <summary>The hotkey file; null for the user's own.</summary>
    public string? HotkeyFile { get; init; }

    /// <summary>The program and the arguments that start the watchdog; the agent's process identifier is added.</summary>
    public required IReadOnlyList<string> WatchdogCommand { get; init; }

    /// <summary>Takes a line for each thing that happens.</summary>
    public required Action<string> Say { get; init; }
}
