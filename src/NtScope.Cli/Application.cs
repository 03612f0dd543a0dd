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
            if (RefusalOf(parsed) is { } refusal)
            {
                return Fail($"{refusal} (try: {PathOf(parsed.CommandResult)} --help)", ExitCode.UnusableInput);
            }

            using var interruption = new Interruption();
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration, interruption.Token).ConfigureAwait(false);
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

    private static string? RefusalOf(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is [var unmatched, ..])
        {
            return $"Unrecognized command or option '{unmatched}'";
        }

        if (parsed.Errors is [var error, ..])
        {
            return string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        }

        // The parser takes an option that it does not know for an argument where several may stand.
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value);
        return parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) || arguments.FirstOrDefault(value => value is ['-', _, ..]) is not { } unknown
            ? null
            : $"Unrecognized option '{unknown}'";
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
