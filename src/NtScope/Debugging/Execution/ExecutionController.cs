using System.Text;
using Iced.Intel;
using NtScope.Debugging.Disassembly;
using NtScope.Debugging.Expressions;
using CodeReader = NtScope.Debugging.Disassembly.CodeReader;

namespace NtScope.Debugging.Execution;

/// <summary>Runs a session's target: breakpoints, steps, and what the session shows when the target stops.</summary>
public sealed class ExecutionController
{
    private const int MostBreakpoints = 1000;
    private const int MostNested = 32;
    private readonly DebuggerSession _session;
    private readonly List<Breakpoint> _breakpoints = [];
    private int _depth;

    internal ExecutionController(DebuggerSession session, IExecutingTarget machine)
    {
        _session = session;
        Machine = machine;
    }

    /// <summary>What runs.</summary>
    public IExecutingTarget Machine { get; }

    /// <summary>The breakpoints, by number.</summary>
    public IReadOnlyList<Breakpoint> Breakpoints => _breakpoints;

    /// <summary>The target ran and stopped.</summary>
    public ExecutionStop? LastStop { get; private set; }

    /// <summary>Adds a breakpoint and finds its place, if something that is loaded has it.</summary>
    /// <exception cref="DebuggerException">There are too many.</exception>
    public Breakpoint Add(Func<int, Breakpoint> make)
    {
        if (_breakpoints.Count >= MostBreakpoints)
        {
            throw new DebuggerException($"there are {MostBreakpoints} breakpoints already");
        }

        var number = 0;
        while (_breakpoints.Exists(other => other.Number == number))
        {
            number++;
        }

        var breakpoint = make(number);
        if (_breakpoints.Find(other => other.Data is null && breakpoint.Data is null && other.Address is not null && other.Address == breakpoint.Address) is { } same)
        {
            _breakpoints.Remove(same);
        }

        _breakpoints.Add(breakpoint);
        _breakpoints.Sort((left, right) => left.Number.CompareTo(right.Number));
        return breakpoint;
    }

    /// <summary>Takes a breakpoint away.</summary>
    public void Remove(Breakpoint breakpoint) => _breakpoints.Remove(breakpoint);

    /// <summary>Finds the place that an expression names; null while nothing that is loaded has it.</summary>
    public VirtualAddress? Resolve(string expression)
    {
        try
        {
            var position = 0;
            return new VirtualAddress(_session.Evaluator.Evaluate(expression, ref position, ExpressionKind.Address));
        }
        catch (DebuggerException)
        {
            return null;
        }
    }

    /// <summary>Lets the target run.</summary>
    public StopResult Resume(RunRequest request, CancellationToken cancellation)
    {
        if (!Machine.IsInCode && request != RunRequest.Go)
        {
            throw new DebuggerException("The machine runs no code: let something happen to it by .lab, with a breakpoint set");
        }

        return Follow(() => Machine.Resume(request, cancellation), request, cancellation);
    }

    /// <summary>Has something happen on the target.</summary>
    public StopResult Do(string line, CancellationToken cancellation)
    {
        if (Machine.IsInCode)
        {
            throw new DebuggerException("The machine is in the middle of something: let it come to an end by g");
        }

        return Follow(() => Machine.Do(line, cancellation), RunRequest.Go, cancellation);
    }

    /// <summary>Steps over a call, or a single instruction.</summary>
    public StopResult StepOver(CancellationToken cancellation)
    {
        var instruction = Current(out var at);
        return instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall
            ? Resume(new RunRequest(Until: at + (uint)instruction.Length, LeastStackPointer: Register("rsp")), cancellation)
            : Resume(RunRequest.Step, cancellation);
    }

    /// <summary>Runs until the routine returns to its caller.</summary>
    public StopResult StepOut(CancellationToken cancellation)
    {
        var frames = Machine.IsInCode ? Machine.WalkStack() : [];
        return frames.Count > 1
            ? Resume(new RunRequest(Until: frames[1].Address, LeastStackPointer: frames[1].StackPointer.Value), cancellation)
            : Resume(RunRequest.Go, cancellation);
    }

    private Instruction Current(out VirtualAddress at)
    {
        if (!Machine.IsInCode)
        {
            throw new DebuggerException("The machine runs no code: let something happen to it by .lab, with a breakpoint set");
        }

        at = LastStop?.Address ?? VirtualAddress.Zero;
        new CodeReader(_session).Read(at, out var instruction);
        return instruction;
    }

    private ulong Register(string name) => _session.TryGetRegister(name, out var value) ? value : 0;

    private StopResult Follow(Func<ExecutionStop> start, RunRequest request, CancellationToken cancellation)
    {
        var output = new StringBuilder();
        while (true)
        {
            Machine.SetBreakpoints(
                _breakpoints.Where(breakpoint => breakpoint is { IsEnabled: true, Data: null }).Select(breakpoint => breakpoint.Address).OfType<VirtualAddress>(),
                _breakpoints.Where(breakpoint => breakpoint.IsEnabled).Select(breakpoint => breakpoint.Data).OfType<DataBreakpoint>());
            var stop = start();
            output.Append(stop.Output);
            start = () => Machine.Resume(request, cancellation);
            if (stop.Kind == StopKind.ModulesChanged)
            {
                _session.Refresh(Machine.Target);
                foreach (var breakpoint in _breakpoints.Where(breakpoint => breakpoint.Data is null))
                {
                    breakpoint.Address = Resolve(breakpoint.Expression);
                }

                continue;
            }

            var hit = stop.Kind == StopKind.Breakpoint ? HitAt(stop.Address) : stop.Kind == StopKind.Access ? _breakpoints.Find(breakpoint => breakpoint is { Data: not null, IsEnabled: true }) : null;
            if (hit is { PassesLeft: > 1 })
            {
                hit.PassesLeft--;
                continue;
            }

            return Show(stop with { Output = output.ToString() }, hit, cancellation);
        }
    }

    private Breakpoint? HitAt(VirtualAddress address) => _breakpoints.Find(breakpoint => breakpoint.IsEnabled && breakpoint.Address == address);

    private StopResult Show(ExecutionStop stop, Breakpoint? hit, CancellationToken cancellation)
    {
        LastStop = stop;
        _session.Refresh(Machine.Target);
        if (!stop.Address.IsZero)
        {
            _session.NextCodeAddress = stop.Address;
        }

        var code = stop.Address.IsZero ? null : new CodeReader(_session).Read(stop.Address) is { } line ? new CodeListing(_session, [[line]]) : null;
        var results = new List<ICommandResult>();
        if (hit is { Commands.Length: > 0 } && _depth < MostNested)
        {
            _depth++;
            try
            {
                results.AddRange(_session.Run(hit.Commands, cancellation));
            }
            finally
            {
                _depth--;
            }
        }

        return new StopResult(stop, hit, code, Machine.Failure, results);
    }
}
