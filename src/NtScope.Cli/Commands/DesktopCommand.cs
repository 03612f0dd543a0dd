using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using NtScope.Windows.Management;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope desktop</c>: makes, enters, leaves and remembers real desktops.</summary>
[SuppressMessage("Interoperability", "CA1416", Justification = "Verb runs the work of a verb on Windows only.")]
internal static class DesktopCommand
{
    private const int MostAtOnce = 16;

    private const string MoveExplanation = """
        A window cannot move to another desktop: the thread that made it is bound to the desktop it first showed a window on, for life, and
        the window with it. That is what keeps one desktop safe from hooks and messages of another. (The desktops of Task View are none of
        this kind: their windows all stay on Default and are merely hidden; "ntscope virtual move" moves those.)
        What can be done is to start the program again over there:
        """;

    /// <summary>The verb.</summary>
    public static Command Create() => new("desktop", "Makes, enters, leaves and remembers real desktops (CreateDesktop, SwitchDesktop)")
    {
        CreateNew(), CreateRun(), CreateSwitch(), CreateClose(), CreateMove(), CreateSave(), CreateRestore(), DesktopAgentCommand.Create(),
    };

    private static Command CreateNew()
    {
        var name = Name();
        var shell = new Option<bool>("--shell") { Description = "Start the user's shell on it" };
        var run = new Option<string?>("--run") { HelpName = "command line", Description = "Start this program on it" };
        return Verb("new", "Makes a desktop and starts a program on it", [name, shell, run], parsed =>
        {
            if (parsed.GetValue(shell) && parsed.GetValue(run) is not null)
            {
                throw new DesktopException("--shell and --run say two things: give one, and start more with \"ntscope desktop run\"");
            }

            var desktop = parsed.GetValue(name)!;
            var program = parsed.GetValue(shell) ? DesktopManager.ShellCommandLine() : parsed.GetValue(run);
            var pid = DesktopManager.New(desktop, program);
            Say(pid is null ? $"Made {desktop}." : $"Made {desktop} and started {program} ({pid}). Go there with: ntscope desktop switch {Quoted(desktop)}");
            return ExitCode.Done;
        });
    }

    private static Command CreateRun()
    {
        var name = Name();
        var program = new Argument<string[]>("program") { Arity = ArgumentArity.OneOrMore, Description = "The program and its arguments, after --" };
        return Verb("run", "Starts a program on a desktop", [name, program], parsed =>
        {
            var line = parsed.GetValue(program)! is [var single] ? single : string.Join(' ', parsed.GetValue(program)!.Select(Quoted));
            Say($"Started {line} on {parsed.GetValue(name)} ({DesktopManager.Run(parsed.GetValue(name)!, line)}).");
            return ExitCode.Done;
        });
    }

    private static Command CreateSwitch()
    {
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne, Description = "The desktop" };
        var next = new Option<bool>("--next") { Description = "To the one after the present one" };
        var previous = new Option<bool>("--previous") { Description = "To the one before" };
        var force = new Option<bool>("--force") { Description = "Also if nothing there could bring you back" };
        return Verb("switch", "Gives screen and keyboard to a desktop", [name, next, previous, force], parsed =>
        {
            var desktop = parsed.GetValue(name);
            var step = (parsed.GetValue(next) ? 1 : 0) - (parsed.GetValue(previous) ? 1 : 0);
            if ((desktop is null) == (step == 0))
            {
                throw new DesktopException("say where: a desktop's name, --next or --previous");
            }

            if (desktop is null)
            {
                desktop = DesktopManager.SwitchBy(step, parsed.GetValue(force));
            }
            else
            {
                DesktopManager.Switch(desktop, parsed.GetValue(force));
            }

            Say($"Input is on {desktop}.");
            return ExitCode.Done;
        });
    }

    private static Command CreateClose()
    {
        var names = new Argument<string[]>("name") { Arity = ArgumentArity.OneOrMore, Description = "The desktop, or several" };
        var force = new Option<bool>("--force") { Description = "End what does not close by itself" };
        return Verb("close", "Closes what lives on a desktop until the desktop is gone, and proves that it is", [names, force], parsed =>
        {
            // Each close waits for programs to end; several wait together.
            var gone = parsed.GetValue(names)!.AsParallel().AsOrdered().WithDegreeOfParallelism(MostAtOnce)
                .Select(name => DesktopCloser.Close(name, parsed.GetValue(force), Say)).ToList();
            return gone.TrueForAll(static closed => closed) ? ExitCode.Done : ExitCode.Findings;
        });
    }

    private static Command CreateMove()
    {
        var pid = new Argument<uint>("pid") { Description = "The process whose windows should be elsewhere" };
        var name = Name();
        var restart = new Option<bool>("--restart") { Description = "Start its program again on the other desktop; the first stays" };
        return Verb("move", "Says why windows do not move between desktops, and starts the program again over there", [pid, name, restart], parsed =>
        {
            var process = DesktopManager.Process(parsed.GetValue(pid));
            var line = process.CommandLine ?? process.Path
                ?? throw new DesktopException($"process {process.Pid} is not there, or its command line may not be read");
            if (!parsed.GetValue(restart))
            {
                Say(MoveExplanation);
                Say($"  ntscope desktop move {process.Pid} {Quoted(parsed.GetValue(name)!)} --restart    ({line})");
                return ExitCode.Done;
            }

            Say($"Started {line} on {parsed.GetValue(name)} ({DesktopManager.Run(parsed.GetValue(name)!, line)}). {process.Name} ({process.Pid}) still runs where it was.");
            return ExitCode.Done;
        });
    }

    private static Command CreateSave()
    {
        var file = new Argument<string>("file") { Description = "Where to write it" };
        return Verb("save", "Writes down which programs stand on which desktop", [file], parsed =>
        {
            var saved = SavedDesktops.Present();
            using var stream = File.Create(parsed.GetValue(file)!);
            saved.Write(stream);
            Say($"Saved {saved.Desktops.Sum(static desktop => desktop.Programs.Count)} programs on {saved.Desktops.Count} desktops.");
            return ExitCode.Done;
        });
    }

    private static Command CreateRestore()
    {
        var file = new Argument<string>("file") { Description = "What save wrote" };
        return Verb("restore", "Makes the saved desktops and starts what is missing on them", [file], parsed =>
        {
            using var stream = File.OpenRead(parsed.GetValue(file)!);
            return SavedDesktops.Read(stream, parsed.GetValue(file)!).Restore(Say) ? ExitCode.Done : ExitCode.Findings;
        });
    }

    private static Command Verb(string name, string description, IReadOnlyList<Symbol> symbols, Func<ParseResult, int> work)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.SetAction(parsed => LiveWindows.IsHere ? LiveWindows.Run("desktop " + name, () => work(parsed)) : throw LiveWindows.Missing("desktop " + name));
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "The desktop" };

    private static string Quoted(string text) => text.Length > 0 && !text.Any(char.IsWhiteSpace) ? text : "\"" + text + "\"";

    private static void Say(string line) => Console.Out.WriteLine(NtScope.Rendering.VisibleText.Of(line));
}
