using System.CommandLine;
using NtScope.Cli.Terminal;
using NtScope.Rendering;
using NtScope.Reports;

namespace NtScope.Cli.Options;

/// <summary>The options that every verb with a report has: its format, its part, its place.</summary>
internal sealed class ReportOptions
{
    private static readonly Dictionary<string, ReportFormat> Formats = new(StringComparer.OrdinalIgnoreCase)
    {
        ["table"] = ReportFormat.Table,
        ["json"] = ReportFormat.Json,
        ["csv"] = ReportFormat.Csv,
        ["md"] = ReportFormat.Markdown,
        ["html"] = ReportFormat.Html,
    };

    private readonly Option<string?> _format = new("--format", "-f")
    {
        HelpName = string.Join('|', Formats.Keys),
        Description = "How to write the report; without it, a table, or what the name of --output ends in",
    };

    private readonly Option<string?> _columns = new("--columns")
    {
        HelpName = "a,b,c",
        Description = "The columns to show, in this order",
    };

    private readonly Option<string?> _filter = new("--filter")
    {
        HelpName = "pattern",
        Description = "Only rows whose name matches ('Nt*File*'); column=pattern for another column",
    };

    private readonly Option<string?> _sort = new("--sort")
    {
        HelpName = "column",
        Description = "The column to sort by; column:desc for the other way",
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        HelpName = "file",
        Description = "Where to write the report; without it, the standard output",
    };

    /// <summary>Gives a verb these options.</summary>
    public ReportOptions(Command command)
    {
        _format.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Formats.Keys]);
        command.Add(_format);
        command.Add(_columns);
        command.Add(_filter);
        command.Add(_sort);
        command.Add(_output);
    }

    /// <summary>Whether the command line asks for a format or a place, where a verb writes no report without.</summary>
    public bool AreUsed(ParseResult parsed) => parsed.GetValue(_format) is not null || parsed.GetValue(_output) is not null;

    /// <summary>Writes the report as the command line asks for it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="report">The report.</param>
    /// <param name="moreColumns">Columns to show besides those that the report shows by itself.</param>
    public void Write(ParseResult parsed, IReport report, params ReadOnlySpan<string> moreColumns)
    {
        var view = new ReportView(report, new ReportQuery
        {
            Columns = ColumnsOf(parsed, report, moreColumns),
            Filter = parsed.GetValue(_filter),
            Sort = parsed.GetValue(_sort),
        });
        var path = parsed.GetValue(_output);
        var format = FormatOf(parsed.GetValue(_format), path);
        if (path is not null)
        {
            using var file = File.Create(path);
            ReportRenderers.For(format).Render(view, file);
        }
        else if (format == ReportFormat.Table && !Console.IsOutputRedirected)
        {
            TerminalRenderer.Render(view);
        }
        else
        {
            using var output = new BufferedStream(new StandardOutput(), 1 << 16);
            ReportRenderers.For(format).Render(view, output);
        }
    }

    private string[]? ColumnsOf(ParseResult parsed, IReport report, ReadOnlySpan<string> moreColumns)
    {
        if (parsed.GetValue(_columns) is { } columns)
        {
            return columns.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        if (moreColumns.IsEmpty)
        {
            return null;
        }

        var more = moreColumns.ToArray();
        return [.. report.Columns.Where(column => column.Shown || more.Contains(column.Name)).Select(column => column.Name)];
    }

    private static ReportFormat FormatOf(string? name, string? path)
    {
        if (name is not null)
        {
            return Formats[name];
        }

        var extension = Path.GetExtension(path)?.TrimStart('.') ?? string.Empty;
        return Formats.GetValueOrDefault(extension == "htm" ? "html" : extension, ReportFormat.Table);
    }
}
