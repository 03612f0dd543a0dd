using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Desktops;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope desktops</c>: sessions, window stations, desktops, threads and windows.</summary>
internal static class DesktopsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("desktops", "The tree of sessions, window stations and desktops: of this Windows, of a capture, or of a saved report");
        var source = new Argument<string?>("source") { Arity = ArgumentArity.ZeroOrOne, Description = DesktopSource.Description + "; without it, this machine" };
        var windows = new Option<bool>("--windows", "-w") { Description = "Down to windows: handle, class, title, process, thread, visible, cloaked" };
        var threads = new Option<bool>("--threads", "-t") { Description = "Down to threads" };
        var access = new Option<bool>("--access", "-a") { Description = "With security descriptors, as SDDL and in words" };
        command.Add(source);
        command.Add(windows);
        command.Add(threads);
        command.Add(access);
        var sources = new DesktopSource(command);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            List<string> more = [];
            more.AddRange(parsed.GetValue(windows) ? ["windows"] : []);
            more.AddRange(parsed.GetValue(threads) ? ["threads"] : []);
            more.AddRange(parsed.GetValue(access) ? ["sddl", "access"] : []);
            options.Write(parsed, sources.Read(parsed.GetValue(source), parsed, cancellation), more.ToArray());
            return ExitCode.Done;
        });
        command.Add(CreateDiff());
        return command;
    }

    private static Command CreateDiff()
    {
        var command = new Command("diff", "What changed between two reports or captures, or from one until now");
        var before = new Argument<string>("before") { Description = DesktopSource.Description };
        var after = new Argument<string?>("after") { Arity = ArgumentArity.ZeroOrOne, Description = "Another one; without it, this machine now" };
        command.Add(before);
        command.Add(after);
        var sources = new DesktopSource(command);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            var older = sources.Read(parsed.GetValue(before), parsed, cancellation);
            options.Write(parsed, DesktopDiff.Compare(older, sources.Read(parsed.GetValue(after), parsed, cancellation)));
            return ExitCode.Done;
        });
        return command;
    }
}
