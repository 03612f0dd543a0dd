using System.CommandLine;
using NtScope.Cli.Terminal;
using NtScope.Lab.Drivers;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope lab shell</c>: a machine with drivers, driven line by line.</summary>
internal static class LabShellCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var driver = new Argument<string[]>("driver") { Arity = ArgumentArity.ZeroOrMore, Description = "Compiled x64 drivers (.sys)" };
        var command = new Command("shell", "Starts processes, opens files, writes the registry and sends control codes while drivers watch") { driver };
        command.SetAction(parsed => SupervisedProcess.Supervise(() => Run(parsed.GetValue(driver) ?? [])));
        return command;
    }

    private static int Run(string[] drivers)
    {
        using var output = new VisibleWriter(Console.Out);
        using var machine = new LabMachine();
        var console = new LabConsole(machine, output);
        try
        {
            foreach (var path in drivers)
            {
                console.Load(path);
            }

            while (Prompt() is { } line && line.Trim() is not ("quit" or "q"))
            {
                console.Execute(line);
            }
        }
        catch (MachineStoppedException)
        {
            console.PrintDebugOutput();
            output.WriteLine("The machine stopped.");
            console.PrintFindings(machine.Findings);
        }

        return machine.Findings.Count == 0 ? ExitCode.Done : ExitCode.Findings;
    }

    private static string? Prompt()
    {
        if (!Console.IsInputRedirected)
        {
            Console.Out.Write("lab> ");
        }

        return Console.In.ReadLine();
    }
}
