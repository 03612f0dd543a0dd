using System.CommandLine;
using System.CommandLine.Parsing;
using NtScope.Cli.Commands;
using NtScope.Rendering;

namespace NtScope.Cli;

/// <summary>The command line as a whole: its verbs, and how every run ends.</summary>
internal static class Application
{
    /// <summary>Runs one command line to its exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            if (arguments.Length == 0)
            {
                Console.Out.Write(WelcomePage.Text);
                return ExitCode.Done;
            }

            var parsed = CreateRoot().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            return parsed.Errors.Count > 0
                ? RefuseCommandLine(parsed)
                : await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Fail("cancelled", ExitCode.Cancelled);
        }
        catch (InputException unusable)
        {
            return Fail(unusable.Message, ExitCode.UnusableInput);
        }
        catch (IOException) when (StandardOutput.IsClosed)
        {
            return ExitCode.Done;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Fail(unreadable.Message, ExitCode.UnusableInput);
        }
        catch (Exception bug)
        {
            return Fail($"internal error, which is a bug in ntscope: {bug.GetType().Name}: {bug.Message}", ExitCode.InternalError, bug.StackTrace);
        }
    }

    private static RootCommand CreateRoot()
    {
        var root = new RootCommand("Shows what a Windows kernel holds: system calls, desktops, callbacks; from images, known builds and captures.")
        {
            SyscallsCommand.Create(),
            InfoCommand.Create(),
            ModulesCommand.Create(),
            ProcessesCommand.Create(),
            ThreadsCommand.Create(),
            DriversCommand.Create(),
            ObjectsCommand.Create(),
            CallbacksCommand.Create(),
            DebugCommand.Create(),
            DesktopsCommand.Create(),
            DesktopCommand.Create(),
            VirtualCommand.Create(),
            LabCommand.Create(),
        };
        return root;
    }

    private static int RefuseCommandLine(ParseResult parsed)
    {
        var message = string.Join(' ', parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return Fail($"{message.TrimEnd('.')} (try: {PathOf(parsed.CommandResult)} --help)", ExitCode.UnusableInput);
    }

    private static string PathOf(CommandResult command) => command.Parent is CommandResult parent
        ? $"{PathOf(parent)} {command.Command.Name}"
        : "ntscope";

    private static int Fail(string message, int exitCode, string? detail = null)
    {
        Console.Error.WriteLine("ntscope: " + VisibleText.Of(message));
        if (detail is not null)
        {
            Console.Error.WriteLine(detail);
        }

        return exitCode;
    }
}
