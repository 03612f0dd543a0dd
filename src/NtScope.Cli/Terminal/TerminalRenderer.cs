using NtScope.Rendering;
using NtScope.Reports;
using Spectre.Console;

namespace NtScope.Cli.Terminal;

/// <summary>Writes a report to the terminal: aligned, in colour as far as the terminal has it, cut to its width.</summary>
internal static class TerminalRenderer
{
    /// <summary>Writes the report.</summary>
    public static void Render(IReport report)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Write(new ReportLines(TextLayout.LinesOf(report, console.Profile.Width)));
    }
}
