using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Desktops;
using NtScope.Reports;
using NtScope.Windows.Desktops;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope desktops</c>: sessions, window stations, desktops, threads and windows.</summary>
internal static class DesktopsCommand
{
    private const string Verb = "desktops";

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command(Verb, "The tree of sessions, window stations and desktops: of this Windows, or of a saved report");
        var report = new Argument<string?>("report") { Arity = ArgumentArity.ZeroOrOne, Description = "A report that --format json wrote; without it, this machine" };
        var windows = new Option<bool>("--windows", "-w") { Description = "Down to windows: handle, class, title, process, thread, visible, cloaked" };
        var threads = new Option<bool>("--threads", "-t") { Description = "Down to threads" };
        var access = new Option<bool>("--access", "-a") { Description = "With security descriptors, as SDDL and in words" };
        command.Add(report);
        command.Add(windows);
        command.Add(threads);
        command.Add(access);
        var options = new ReportOptions(command);
        command.SetAction(parsed =>
        {
            List<string> more = [];
            more.AddRange(parsed.GetValue(windows) ? ["windows"] : []);
            more.AddRange(parsed.GetValue(threads) ? ["threads"] : []);
            more.AddRange(parsed.GetValue(access) ? ["sddl", "access"] : []);
            options.Write(parsed, Read(parsed.GetValue(report)), more.ToArray());
            return ExitCode.Done;
        });
        command.Add(CreateDiff());
        return command;
    }

    private static Command CreateDiff()
    {
        var command = new Command("diff", "What changed between two reports, or between a report and now");
        var before = new Argument<string>("before") { Description = "A report that --format json wrote" };
        var after = new Argument<string?>("after") { Arity = ArgumentArity.ZeroOrOne, Description = "Another one; without it, this machine now" };
        command.Add(before);
        command.Add(after);
        var options = new ReportOptions(command);
        command.SetAction(parsed =>
        {
            options.Write(parsed, DesktopDiff.Compare(Read(parsed.GetValue(before)), Read(parsed.GetValue(after))));
            return ExitCode.Done;
        });
        return command;
    }

    private static Report<DesktopRow> Read(string? path)
    {
        if (path is not null)
        {
            using var stream = File.OpenRead(path);
            return DesktopReportReader.Read(stream, path);
        }

        return LiveWindows.IsHere ? LiveDesktops.Read() : throw LiveWindows.Missing(Verb, "give a report that was saved there with --format json");
    }
}
