using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Knowledge;
using NtScope.Syscalls;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope syscalls find</c>: a service's number in every known build, or the services of a number.</summary>
internal static class SyscallsFindCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("find", "Finds a service in every known build, by name or by number");
        var query = new Argument<string>("service") { Description = "NtCreateFile, 0x55, 55h or 85; with @19041 behind it, in that build alone" };
        command.Add(query);
        var options = new ReportOptions(command);
        command.SetWork((parsed, _) =>
        {
            var text = parsed.GetValue(query)!;
            options.Write(parsed, ServiceQuery.TryParse(text, out var asked)
                ? ServiceFinder.Find(asked, KnowledgeBase.Embedded)
                : throw new InputException(text, "neither a service's name nor a number: write NtCreateFile, 0x55 or 0x55@19041"));
            return ExitCode.Done;
        });
        return command;
    }
}
