using NtScope.Debugging.Commands;
using NtScope.Debugging.Extensions;
using NtScope.Debugging.Scripting;

namespace NtScope.Debugging;

/// <summary>The commands of a session by the words that start them.</summary>
public sealed class CommandTable
{
    private readonly Dictionary<string, IDebuggerCommand> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every command once, in the order in which they were added.</summary>
    public List<IDebuggerCommand> All { get; } = [];

    /// <summary>The table with every command of NtScope.</summary>
    public static CommandTable CreateDefault()
    {
        var table = new CommandTable();
        table.Add(new EvaluateCommand());
        table.Add(new EvaluateSourceCommand());
        table.Add(new EvaluatorCommand());
        table.Add(new FormatsCommand());
        table.Add(new DisplayMemoryCommand());
        table.Add(new DisplayStringCommand());
        table.Add(new DisplayPointersCommand());
        table.Add(new DisplayCountedStringCommand());
        table.Add(new DisplayListCommand());
        table.Add(new UnassembleCommand());
        table.Add(new UnassembleBackwardsCommand());
        table.Add(new UnassembleFunctionCommand());
        table.Add(new ListNearestCommand());
        table.Add(new ExamineSymbolsCommand());
        table.Add(new ListModulesCommand());
        table.Add(new SearchMemoryCommand());
        table.Add(new RegistersCommand());
        table.Add(new EchoCommand());
        table.Add(new PrintFormattedCommand());
        table.Add(new DisplayTypeCommand());
        table.Add(new ConditionCommand());
        table.Add(new OrphanBranchCommand());
        table.Add(new ForCommand());
        table.Add(new WhileCommand());
        table.Add(new ForEachCommand());
        table.Add(new BlockCommand());
        table.Add(new LoopExitCommand());
        table.Add(new RunScriptCommand());
        table.Add(new AliasCommand());
        table.Add(new DeleteAliasCommand());
        table.Add(new ListAliasesCommand());
        table.Add(new RadixCommand());
        table.Add(new WriteMemoryCommand());
        table.Add(new LogCommand());
        table.Add(new ReloadCommand());
        table.Add(new HelpCommand());
        table.Add(new QuitCommand());
        table.Add(new ServicesCommand());
        table.Add(new VirtualToPhysicalCommand());
        table.Add(new PageTableCommand());
        table.Add(new ProcessContextCommand());
        table.Add(new ProcessCommand());
        table.Add(new ThreadCommand());
        table.Add(new ObjectCommand());
        table.Add(new DriverObjectCommand());
        table.Add(new DeviceObjectCommand());
        table.Add(new CallbacksCommand());
        table.Add(new DesktopsCommand());
        table.Add(new HandleCommand());
        table.Add(new InterruptTableCommand());
        return table;
    }

    /// <summary>Adds a command under all its names.</summary>
    public void Add(IDebuggerCommand command)
    {
        All.Add(command);
        foreach (var name in command.Names)
        {
            _byName.Add(name, command);
        }
    }

    /// <summary>The command of this name, or null.</summary>
    public IDebuggerCommand? Named(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Finds the command that starts <paramref name="line"/>.</summary>
    /// <param name="line">The line without leading blanks.</param>
    /// <param name="name">The word as typed.</param>
    /// <exception cref="DebuggerException">There is no such command; the message suggests the nearest.</exception>
    public IDebuggerCommand Find(string line, out string name)
    {
        var length = 0;
        while (length < line.Length && !char.IsWhiteSpace(line[length]))
        {
            length++;
        }

        // The longest prefix of the first word that is a command, ended by punctuation: "?55", "$$><file", ".echo;".
        for (var end = length; end > 0; end--)
        {
            name = line[..end];
            if (_byName.TryGetValue(name, out var command) && (end == length || Parts(line, end, command)))
            {
                return command;
            }
        }

        name = line[..length];
        var nearest = Nearest(name);
        throw new DebuggerException($"Unknown command '{name}'" + (nearest is null ? ". '.help' lists the commands" : $". Did you mean '{nearest}'?"));
    }

    // Letters go on with a word, but a number may follow a dump command at once: "dd5".
    private static bool Parts(string line, int end, IDebuggerCommand command) =>
        !char.IsAsciiLetterOrDigit(line[end]) || !char.IsAsciiLetterOrDigit(line[end - 1]) || (char.IsAsciiDigit(line[end]) && command is DisplayMemoryCommand);

    private string? Nearest(string name)
    {
        string? best = null;
        var bestDistance = Math.Max(1, name.Length / 2) + 1;
        foreach (var candidate in _byName.Keys)
        {
            var distance = EditDistance(name, candidate);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    private static int EditDistance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var change = diagonal + (char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
