using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Desktops;
using NtScope.Desktops.Captured;
using NtScope.Kernel.Processes;
using NtScope.Reports;
using NtScope.Windows.Desktops;

namespace NtScope.Cli.Commands;

/// <summary>Where a report of desktops comes from: a saved report, a capture, or this Windows.</summary>
internal sealed class DesktopSource
{
    /// <summary>What it takes, for help.</summary>
    public const string Description = "A crash dump, a memory capture, or a report that --format json wrote";

    private readonly SymbolsOption _symbols;
    private readonly Option<bool> _noScan = new("--no-scan") { Description = "Do not scan a capture for pool tags: faster, but a desktop taken out of its list stays unseen" };

    /// <summary>Gives a verb the options of captures.</summary>
    public DesktopSource(Command command)
    {
        _symbols = new SymbolsOption(command);
        command.Add(_noScan);
    }

    /// <summary>Reads a source.</summary>
    /// <exception cref="InputException">There is none, or it cannot be used.</exception>
    public Report<DesktopRow> Read(string? source, ParseResult parsed, CancellationToken cancellation)
    {
        if (source is null)
        {
            return LiveWindows.IsHere
                ? LiveDesktops.Read()
                : throw LiveWindows.Missing("desktops", "name a crash dump, a memory capture, or a report that was saved there with --format json");
        }

        if (IsReport(source))
        {
            using var stream = File.OpenRead(source);
            return DesktopReportReader.Read(stream, source);
        }

        using var progress = new ProgressLine();
        using var target = _symbols.Open([source], parsed, progress, cancellation);
        return CapturedDesktops.Analyse(target, new SurveyOptions { ScanPool = !parsed.GetValue(_noScan), Progress = progress, Cancellation = cancellation });
    }

    // No format of captures begins with a brace.
    private static bool IsReport(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var stream = File.OpenRead(path);
        for (var next = stream.ReadByte(); next >= 0; next = stream.ReadByte())
        {
            if (!char.IsWhiteSpace((char)next) && next is not (0xef or 0xbb or 0xbf))
            {
                return next == '{';
            }
        }

        return false;
    }
}
