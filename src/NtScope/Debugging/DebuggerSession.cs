using NtScope.Debugging.Execution;
using NtScope.Debugging.Expressions;
using NtScope.Debugging.Scripting;
using NtScope.Debugging.SourceExpressions;

namespace NtScope.Debugging;

/// <summary>A debugger over one target: what commands share, from the process in context to the address that <c>dd</c> goes on at.</summary>
public sealed class DebuggerSession : IExpressionContext, IDisposable
{
    private readonly Dictionary<string, ulong> _pseudoRegisters = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A session over <paramref name="target"/>, which stays the caller's to dispose.</summary>
    public DebuggerSession(Target target)
    {
        target = PlacedTarget.Of(target);
        Target = target;
        Context = new ProcessContext(target);
        Memory = target.Memory;
        Symbols = new SymbolLookup(() => Modules);
        Types = new TypeLookup(target);
        Evaluator = new ExpressionEvaluator(this);
        Prompt = target.Kind is TargetKind.Capture or TargetKind.Lab or TargetKind.KnownBuild || target.ModuleNamed("nt") is not null ? "kd> " : "0:000> ";
        var start = target.Modules.Select(module => module.Base).FirstOrDefault(address => address is not null) ?? VirtualAddress.Zero;
        NextDumpAddress = start;
        NextCodeAddress = start;
        for (var i = 0; i < 20; i++)
        {
            _pseudoRegisters[$"$t{i}"] = 0;
        }
    }

    /// <summary>A session over a target that runs; both stay the caller's to dispose.</summary>
    public DebuggerSession(IExecutingTarget machine)
        : this(machine.Target)
    {
        Execution = new ExecutionController(this, machine);
        ExecutionCommands.AddTo(Commands, Execution);
    }

    /// <summary>What is debugged.</summary>
    public Target Target { get; private set; }

    /// <summary>What runs the target; null for one that does not run.</summary>
    public ExecutionController? Execution { get; }

    /// <summary>The target's modules, and those of the process that <c>.process /r</c> chose.</summary>
    public IReadOnlyList<Module> Modules => Context.UserModules is { Count: > 0 } own ? own : Target.Modules;

    /// <summary>The memory in context: the target's own, or that of the process that <c>.process</c> chose.</summary>
    public IMemory Memory { get; set; }

    /// <inheritdoc/>
    public int Radix { get; set; } = 16;

    /// <summary>Whether the expressions of commands are C++'s rather than MASM's (<c>.expr</c>).</summary>
    public bool UsesSourceExpressions { get; set; }

    /// <summary>What the shell writes before a command: <c>kd> </c> for kernels, <c>0:000> </c> for processes and images. Carets count it.</summary>
    public string Prompt { get; set; }

    /// <summary>
    /// Whether the caret of a failed <c>u</c> counts the prompt and stands behind the command, as newer engines place it; else it stands
    /// under the question marks, as in WinDbg of 2019.
    /// </summary>
    public bool CaretsCountPrompt { get; set; }

    /// <summary>Names from addresses and addresses from names.</summary>
    public SymbolLookup Symbols { get; }

    /// <summary>Evaluates expressions in this session.</summary>
    public ExpressionEvaluator Evaluator { get; }

    /// <summary>The commands, by every word that starts one.</summary>
    public CommandTable Commands { get; } = CommandTable.CreateDefault();

    /// <summary>Where a dump without an address goes on.</summary>
    public VirtualAddress NextDumpAddress { get; set; }

    /// <summary>The dump command that <c>d</c> repeats.</summary>
    public string LastDumpCommand { get; set; } = "db";

    /// <summary>Where <c>u</c> without an address goes on.</summary>
    public VirtualAddress NextCodeAddress { get; set; }

    private string? LogPath { get; set; }

    private int Nesting { get; set; }

    /// <summary>The size of a pointer on the target, in bytes.</summary>
    public int PointerSize => Target.Memory.PointerSize;

    /// <summary>An address as this target's width has it.</summary>
    public string Format(VirtualAddress address) => Hexadecimal.Address(address.Value, PointerSize);

    /// <summary>The process and thread in context.</summary>
    public ProcessContext Context { get; private set; }

    /// <summary>The root of the page tables in context; null for the system's.</summary>
    public PhysicalAddress? DirectoryTable { get; set; }

    /// <summary>The user's aliases.</summary>
    public AliasTable Aliases { get; } = new();

    /// <summary>The types that <c>dt</c> shows and commands use.</summary>
    public TypeLookup Types { get; private set; }

    /// <summary>Where what the shell shows is written as well; null without <c>.logopen</c>.</summary>
    public TextWriter? Log { get; private set; }

    /// <summary>Whether <c>q</c> was said.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Goes on with the target as it is now; the process in context is the one that runs.</summary>
    internal void Refresh(Target target)
    {
        target = PlacedTarget.Of(target);
        Target = target;
        Context = new ProcessContext(target);
        Memory = target.Memory;
        DirectoryTable = null;
        Types = new TypeLookup(target);
    }

    /// <summary>Starts a log in the place of one that may be open.</summary>
    /// <param name="path">The file.</param>
    /// <param name="append">Whether it keeps what the file holds.</param>
    public void OpenLog(string path, bool append)
    {
        CloseLog();
        Log = new StreamWriter(path, append);
        LogPath = path;
    }

    /// <summary>Ends the log; its file, or null if there was none.</summary>
    public string? CloseLog()
    {
        Log?.Dispose();
        Log = null;
        var path = LogPath;
        LogPath = null;
        return path;
    }

    /// <summary>Runs a line of commands, as the shell does, and hands out the result of each as it comes.</summary>
    /// <param name="line">Commands separated by <c>;</c>, with aliases, loops and conditions.</param>
    /// <param name="cancellation">Stops long work.</param>
    /// <exception cref="DebuggerException">A command cannot be carried out; those behind it do not run.</exception>
    public IEnumerable<ICommandResult> Run(string line, CancellationToken cancellation) => new ScriptRunner(this).Run(line, cancellation);

    /// <inheritdoc/>
    public void Dispose() => CloseLog();

    /// <summary>Runs one command.</summary>
    /// <param name="command">The command with its arguments; no <c>;</c> outside quotes and braces.</param>
    /// <param name="cancellation">Stops long work.</param>
    /// <exception cref="DebuggerException">It cannot be carried out; the message is for the user.</exception>
    public ICommandResult Execute(string command, CancellationToken cancellation)
    {
        var line = command.TrimStart();
        if (line.Length == 0)
        {
            return TextResult.None;
        }

        var found = Commands.Find(line, out var name);
        try
        {
            return found.Execute(this, new CommandArguments(this, line, name), cancellation);
        }
        catch (InputException unusable)
        {
            throw new DebuggerException(unusable.Message);
        }
    }

    /// <summary>Evaluates a C++ expression.</summary>
    /// <param name="line">The line.</param>
    /// <param name="position">Where to start; then where the expression ended.</param>
    /// <exception cref="DebuggerException">It is no expression, or what it names does not exist or cannot be read.</exception>
    public SourceValue EvaluateSource(string line, ref int position)
    {
        using var nesting = Nest();
        var parser = new SourceParser(this, line, position);
        var value = parser.Parse();
        position = parser.Position;
        return value;
    }

    /// <inheritdoc/>
    ulong IExpressionContext.EvaluateSource(string line, ref int position)
    {
        var value = EvaluateSource(line, ref position);
        return value.IsAggregate ? value.Address!.Value.Value : value.As(SourceTypes.UnsignedWide).Bits;
    }

    /// <summary>Evaluates a MASM expression inside of a C++ one.</summary>
    internal ulong EvaluateNested(string line, ref int position)
    {
        using var nesting = Nest();
        return Evaluator.Evaluate(line, ref position, ExpressionKind.Numeric);
    }

    /// <summary>Sets a pseudo-register (<c>$t0</c> to <c>$t19</c>); false if there is none of this name that can be set.</summary>
    public bool TrySetRegister(string name, ulong value)
    {
        if (!_pseudoRegisters.ContainsKey(name))
        {
            return Execution?.Machine.TrySetRegister(name, value) ?? false;
        }

        _pseudoRegisters[name] = value;
        return true;
    }

    /// <summary>Defines a pseudo-register that expressions may read, such as <c>$proc</c> and <c>$thread</c>.</summary>
    public Dictionary<string, Func<ulong>> Computed { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    IReadOnlyList<VirtualAddress> IExpressionContext.FindSymbol(string name) => Symbols.Find(name);

    /// <inheritdoc/>
    public bool TryGetRegister(string name, out ulong value)
    {
        if (_pseudoRegisters.TryGetValue(name, out value))
        {
            return true;
        }

        if (Computed.TryGetValue(name, out var compute))
        {
            value = compute();
            return true;
        }

        if (Context.TryGetRegister(name, out value))
        {
            return true;
        }

        value = name.ToLowerInvariant() switch
        {
            "$ptrsize" => (ulong)PointerSize,
            "$pagesize" => 0x1000,
            "$proc" when !Context.Process.IsZero => Context.Process.Value,
            "$thread" when !Context.Thread.IsZero => Context.Thread.Value,
            "$ip" => NextCodeAddress.Value,
            "$peb" or "$teb" when Context.Process.IsZero is false => 0,
            "$exentry" when Target.Modules is [{ Base: { } start, Image: { } image }, ..] => start.Value + image.EntryPoint,
            _ => ulong.MaxValue,
        };
        return value != ulong.MaxValue;
    }

    /// <inheritdoc/>
    bool IExpressionContext.TryGetEntryPoint(VirtualAddress imageBase, out VirtualAddress entryPoint)
    {
        foreach (var module in Modules)
        {
            if (module.Base == imageBase && module.Image is { } image)
            {
                entryPoint = imageBase + image.EntryPoint;
                return true;
            }
        }

        entryPoint = default;
        return false;
    }

    // Each evaluator may call the other; both together stay within one bound.
    private NestingScope Nest()
    {
        if (Nesting >= Limits.EvaluatorNesting)
        {
            throw new DebuggerException("Expression too complex error: evaluators are nested too deep");
        }

        Nesting++;
        return new NestingScope(this);
    }

    private readonly struct NestingScope(DebuggerSession session) : IDisposable
    {
        public void Dispose() => session.Nesting--;
    }
}
