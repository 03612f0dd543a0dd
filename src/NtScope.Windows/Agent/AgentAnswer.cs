using System.Globalization;

namespace NtScope.Windows.Agent;

/// <summary>What the agent answers.</summary>
/// <param name="Succeeded">Whether it did what was asked.</param>
/// <param name="ProcessId">The agent's process.</param>
/// <param name="Text">A sentence.</param>
internal readonly record struct AgentAnswer(bool Succeeded, uint? ProcessId, string Text)
{
    /// <summary>The answer as a line of the pipe.</summary>
    public string ToLine() => $"{(Succeeded ? "ok" : "no")} {ProcessId} {Text.ReplaceLineEndings(" ")}";

    /// <summary>Reads a line of the pipe.</summary>
    public static AgentAnswer FromLine(string? line)
    {
        var parts = (line ?? "").Split(' ', 3);
        return parts is [var verdict, var process, var text]
            ? new AgentAnswer(string.Equals(verdict, "ok", StringComparison.Ordinal), uint.TryParse(process, CultureInfo.InvariantCulture, out var id) ? id : null, text)
            : new AgentAnswer(false, null, "the agent did not answer");
    }
}
