using NtScope.Reports;

namespace NtScope.Debugging;

/// <summary>What a command found. Programs read the typed result; the shell writes it as WinDbg would.</summary>
public interface ICommandResult
{
    /// <summary>The result as rows for <c>--format json</c>; null for commands without data.</summary>
    IReportTable? Table => null;

    /// <summary>Writes the result in WinDbg's look, lines ended.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="cancellation">Stops long output.</param>
    void Write(TextWriter writer, CancellationToken cancellation);
}
