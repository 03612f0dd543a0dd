using NtScope.Debugging.Execution;
using NtScope.Lab.Cpu;
using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Debugging;
using NtScope.Targets;

namespace NtScope.Lab.Drivers;

/// <summary>
/// Runs a machine for a debugger. What happens on the machine happens on a thread of its own; where a breakpoint stops it, that thread waits, and the
/// debugger reads and changes memory and registers.
/// </summary>
public sealed class LabDebugger : IExecutingTarget, IMachineDebugger
{
    private readonly LabMachine _machine;
    private readonly LabKernel _kernel;
    private readonly LabConsole _console;
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly Queue<string> _pending = new();
    private readonly SemaphoreSlim _stopped = new(0);
    private readonly SemaphoreSlim _resumed = new(0);
    private readonly List<Target> _targets = [];
    private readonly TargetOptions _options;
    private readonly HashSet<ulong> _instructions = [];
    private DataBreakpoint[] _accesses = [];
    private RunRequest _request = RunRequest.Go;
    private CancellationToken _cancellation;
    private ExecutionStop? _stop;
    private ulong _place;
    private ulong _redirect;
    private bool _accessed;
    private bool _modulesChanged = true;
    private bool _detached;
    private bool _failedInRoutine;
    private Thread? _runner;

    /// <summary>A machine that debugs.</summary>
    /// <param name="options">How the machine is made; it is made so that it can be stepped.</param>
    /// <param name="drivers">The driver files that are loaded when it is resumed first.</param>
    /// <param name="targetOptions">Symbols beside those next to the driver files; null for none.</param>
    /// <exception cref="CpuUnavailableException">The CPU emulator is not installed; the message says what to install.</exception>
    public LabDebugger(LabMachineOptions options, IEnumerable<string> drivers, TargetOptions? targetOptions = null)
    {
        _options = targetOptions ?? new TargetOptions();
        _machine = new LabMachine(options with { Debug = true });
        _kernel = _machine.Kernel;
        _console = new LabConsole(_machine, _output);
        foreach (var driver in drivers)
        {
            _pending.Enqueue($"load \"{driver}\"");
        }

        Target = Open();
        _kernel.Debugger = this;
    }

    /// <summary>The machine.</summary>
    public LabMachine Machine => _machine;

    /// <inheritdoc/>
    public Target Target { get; private set; }

    /// <inheritdoc/>
    public bool IsInCode => _runner is not null && _place != 0;

    /// <inheritdoc/>
    public string? Failure => _machine.Stopped?.ToString();

    /// <inheritdoc/>
    public void SetBreakpoints(IEnumerable<VirtualAddress> instructions, IEnumerable<DataBreakpoint> accesses)
    {
        _instructions.Clear();
        _instructions.UnionWith(instructions.Select(address => address.Value));
        _accesses = [.. accesses];
    }

    /// <inheritdoc/>
    public ExecutionStop Resume(RunRequest request, CancellationToken cancellation)
    {
        (_request, _cancellation) = (request, cancellation);
        if (_runner is not null)
        {
            _place = 0;
            _resumed.Release();
            return WaitForStop();
        }

        return _pending.TryDequeue(out var line) ? Start(line) : new ExecutionStop(StopKind.Idle, VirtualAddress.Zero, string.Empty);
    }

    /// <inheritdoc/>
    public ExecutionStop Do(string line, CancellationToken cancellation)
    {
        (_request, _cancellation) = (RunRequest.Go, cancellation);
        return Start(line);
    }

    /// <inheritdoc/>
    public bool TrySetRegister(string name, ulong value)
    {
        if (!IsInCode)
        {
            return false;
        }

        if (name.Equals("efl", StringComparison.OrdinalIgnoreCase))
        {
            _kernel.Cpu.Write(Register.Flags, value);
        }
        else if (name.Equals("rip", StringComparison.OrdinalIgnoreCase))
        {
            (_redirect, _place) = (value, value);
        }
        else if (Enum.TryParse<Register>(name, ignoreCase: true, out var register) && register <= Register.R15)
        {
            _kernel.Cpu.Write(register, value);
        }
        else
        {
            return false;
        }

        _ = _kernel.Observer.Look(_place);
        return true;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ExecutionFrame> WalkStack() => !IsInCode ? [] :
    [
        .. _kernel.Stack.Frames(_stop?.Kind == StopKind.Failure && _failedInRoutine ? 0 : _place)
            .Where(frame => frame.Problem is null).Select(frame => new ExecutionFrame(new VirtualAddress(frame.Rsp), new VirtualAddress(frame.Rip))),
    ];

    /// <inheritdoc/>
    ulong IMachineDebugger.OnInstruction(ulong address)
    {
        if (_detached || address == _kernel.Traps.ReturnAddress)
        {
            return 0;
        }

        var kind = _accessed ? StopKind.Access
            : _instructions.Contains(address) ? StopKind.Breakpoint
            : _request.IsStep || (_request.Until?.Value == address && _kernel.Cpu.Read(Register.Rsp) >= _request.LeastStackPointer) ? StopKind.Step
            : _cancellation.IsCancellationRequested ? StopKind.Break
            : (StopKind?)null;
        if (kind is null)
        {
            return 0;
        }

        _accessed = false;
        _redirect = 0;
        Hold(kind.Value, address);
        return _redirect;
    }

    /// <inheritdoc/>
    void IMachineDebugger.OnAccess(ulong address, int size, bool isWrite)
    {
        foreach (var watched in _accesses)
        {
            _accessed |= address < watched.Address.Value + (ulong)watched.Size && watched.Address.Value < address + (ulong)size && (isWrite || !watched.WritesOnly);
        }
    }

    /// <inheritdoc/>
    void IMachineDebugger.OnModulesChanged()
    {
        _modulesChanged = true;
        if (!_detached)
        {
            Hold(StopKind.ModulesChanged, 0);
        }
    }

    /// <inheritdoc/>
    void IMachineDebugger.OnBreak(ulong address)
    {
        if (!_detached)
        {
            Hold(StopKind.Break, address);
        }
    }

    /// <inheritdoc/>
    void IMachineDebugger.OnStopped(LabFinding finding, ulong rip)
    {
        if (!_detached)
        {
            _failedInRoutine = rip == 0;
            Hold(StopKind.Failure, rip != 0 ? rip : _kernel.Threads.Current.Trap.CallerRip);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_detached)
        {
            _detached = true;
            if (_runner is not null)
            {
                _resumed.Release();
                _runner.Join();
            }

            foreach (var target in _targets)
            {
                target.Dispose();
            }

            _machine.Dispose();
            _output.Dispose();
            _stopped.Dispose();
            _resumed.Dispose();
        }
    }

    private ExecutionStop Start(string line)
    {
        _runner = new Thread(() => Run(line)) { IsBackground = true, Name = "lab machine" };
        _runner.Start();
        return WaitForStop();
    }

    private void Run(string line)
    {
        try
        {
            _console.Execute(line);
        }
        catch (MachineStoppedException)
        {
            // The debugger was told where it happened.
        }
        catch (InputException unusable)
        {
            _output.WriteLine(unusable.Message);
        }
        catch (Exception failure)
        {
            // On this thread it would end the process.
            _output.WriteLine($"the lab itself failed: {failure.GetType().Name}: {failure.Message}");
        }

        _runner = null;
        (_place, _stop) = (0, new ExecutionStop(StopKind.Idle, VirtualAddress.Zero, string.Empty));
        if (!_detached)
        {
            _stopped.Release();
        }
    }

    private void Hold(StopKind kind, ulong address)
    {
        (_place, _stop) = (address, new ExecutionStop(kind, new VirtualAddress(address), string.Empty));
        _stopped.Release();
        _resumed.Wait();
    }

    private ExecutionStop WaitForStop()
    {
        _stopped.Wait();
        var stop = _stop!;
        _console.PrintDebugOutput();
        if (_modulesChanged || stop.Kind == StopKind.ModulesChanged)
        {
            Target = Open();
        }
        else
        {
            _ = _kernel.Observer.Look(_place == 0 ? null : _place);
        }

        var text = _output.ToString();
        _output.GetStringBuilder().Clear();
        if (stop.Kind == StopKind.Idle && _request == RunRequest.Go && _pending.TryDequeue(out var line))
        {
            var next = Start(line);
            return next with { Output = text + next.Output };
        }

        return stop with { Output = text };
    }

    private Target Open()
    {
        var target = _kernel.Observer.Open(_options, _place == 0 ? null : _place);
        _modulesChanged = false;
        _targets.Add(target);
        return target;
    }
}
