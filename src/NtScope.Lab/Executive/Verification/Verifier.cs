using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Verification;

/// <summary>Watches what drivers do and keeps what they do wrong.</summary>
internal sealed class Verifier(LabKernel kernel) : ICpuObserver
{
    private const ulong UserEnd = 0x0000_8000_0000_0000;
    private readonly List<LabFinding> _findings = [];
    private readonly Dictionary<FindingKey, LabFinding> _seen = [];
    private readonly ProbedMemory _probed = new();
    private readonly Dictionary<ulong, ulong> _mapped = [];
    private long _blocks;
    private (ulong Address, int Size, bool IsWrite) _access;

    /// <summary>What was found, in order.</summary>
    public IReadOnlyList<LabFinding> Findings => _findings;

    /// <summary>How many more there were than are kept.</summary>
    public int Dropped { get; private set; }

    /// <summary>Checks when memory and threads go.</summary>
    public LifetimeChecks Lifetimes { get; } = new(kernel);

    /// <summary>Whether user memory is only to be touched after a probe.</summary>
    public bool WatchesUserMemory { get; } = kernel.Options.Verify;

    /// <summary>Keeps a finding, once for each place.</summary>
    /// <param name="kind">What sort, in kebab case.</param>
    /// <param name="detail">One sentence, without a full stop.</param>
    /// <param name="routine">The routine that noticed it; null for the one that is called, or that the place lies in.</param>
    /// <param name="rip">Where it happened; 0 for the place of the executive's caller.</param>
    public LabFinding Report(string kind, string detail, string? routine = null, ulong rip = 0)
    {
        var trap = kernel.Threads.Current.Trap;
        var at = rip != 0 ? rip : trap.CallerRip;
        var driver = DriverOf(at);
        var key = new FindingKey(kind, at, routine, null, driver);
        if (Seen(key) is { } seen)
        {
            return seen;
        }

        // A wild jump has left the driver; who jumped is the innermost frame of one.
        driver ??= kernel.Stack.Frames(rip).Select(frame => kernel.Drivers.At(frame.Rip)).FirstOrDefault(found => found is not null);
        var stack = kernel.Stack.Walk(rip);
        return Keep(key, new LabFinding(kind, detail, driver?.Name, routine ?? (rip == 0 ? trap.Caller?.Name : null) ?? RoutineOf(stack), stack));
    }

    /// <summary>Keeps a finding about something that a driver has made earlier, no code of which need run any more.</summary>
    /// <param name="kind">What sort, in kebab case.</param>
    /// <param name="detail">One sentence, without a full stop.</param>
    /// <param name="driver">The driver.</param>
    /// <param name="origin">The call that made it; null if it is not known.</param>
    public LabFinding ReportLeft(string kind, string detail, LoadedDriver driver, StackTrace? origin)
    {
        var key = new FindingKey(kind, origin?.Place ?? 0, origin?.Routine, detail, driver);
        return Seen(key) ?? Keep(key, new LabFinding(kind, detail, driver.Name, origin?.Routine, kernel.Traces.Describe(origin)));
    }

    /// <summary>Forgets where a driver's findings were: the same mistakes are found again when it is loaded again.</summary>
    public void Forget(LoadedDriver driver)
    {
        foreach (var key in _seen.Keys.Where(key => key.Driver is null || key.Driver == driver).ToArray())
        {
            _seen.Remove(key);
        }
    }

    /// <summary>Calls a driver's routine and checks that it comes back with the level and the locks it was called with.</summary>
    public ulong CallDriver(string what, ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        var thread = kernel.Threads.Current;
        var level = thread.Irql;
        var locks = thread.Locks.Count;
        var disabled = thread.ApcDisabled;
        var attached = thread.Attached.Count;
        var result = kernel.Executor.Call(routine, arguments);
        if (thread.Irql != level)
        {
            Report("irql-changed", $"{what} ({kernel.Drivers.Describe(routine)}) was called at IRQL {(int)level} and returned at {(int)thread.Irql}", what, routine);
            kernel.Threads.SetIrql(level);
        }

        if (thread.Locks.Count > locks)
        {
            var held = thread.Locks[^1];
            Report("lock-held", $"{what} ({kernel.Drivers.Describe(routine)}) returned with a {held.Kind} held that {kernel.Drivers.Describe(held.AcquiredAt)} acquired", what, routine);
            thread.Locks.RemoveRange(locks, thread.Locks.Count - locks);
        }

        if (thread.ApcDisabled != disabled)
        {
            Report("apc-disabled", $"{what} ({kernel.Drivers.Describe(routine)}) returned inside of a critical region", what, routine);
            thread.ApcDisabled = disabled;
            thread.GuardedRegions = Math.Min(thread.GuardedRegions, disabled);
        }

        if (thread.Attached.Count > attached)
        {
            Report("attached", $"{what} ({kernel.Drivers.Describe(routine)}) returned attached to another process", what, routine);
            while (thread.Attached.Count > attached)
            {
                thread.Process = thread.Attached.Pop();
            }
        }

        return result;
    }

    /// <summary>Forgets probes; called when a request of a user begins.</summary>
    public void BeginRequest()
    {
        _probed.Clear();
        RenewBudget();
    }

    /// <summary>Begins a new budget, unless a driver waits for what the user does now.</summary>
    public void RenewBudget()
    {
        if (kernel.Threads.Current.Invocations.Count == 0)
        {
            _blocks = 0;
        }
    }

    /// <summary>Notes that a driver has mapped user memory for itself.</summary>
    public void Mapped(ulong start, ulong length) => _mapped[start] = start + length;

    /// <summary>Notes that the mapping is gone.</summary>
    public void Unmapped(ulong start) => _mapped.Remove(start);

    /// <summary>Notes that user memory was probed or mapped.</summary>
    public void Probed(ulong start, ulong length)
    {
        Charge(_probed.Count / LabLimits.ProbesOfBlock);
        _probed.Add(start, start + length);
    }

    /// <inheritdoc/>
    public ulong OnInstruction(ulong address) => kernel.Debugger?.OnInstruction(address) ?? 0;

    /// <inheritdoc/>
    public bool OnAccess(ulong address, int size, bool isWrite)
    {
        kernel.Debugger?.OnAccess(address, size, isWrite);
        if (!kernel.Options.Verify || Allows(address, size))
        {
            return true;
        }

        _access = (address, size, isWrite);
        return false;
    }

    /// <inheritdoc/>
    public bool OnBlock(ulong address)
    {
        if (++_blocks > kernel.Options.BlockBudget)
        {
            return false;
        }

        if (kernel.Traps.IsWild(address))
        {
            return false;
        }

        return kernel.Threads.Current.Irql < Irql.Dispatch || !IsPageableCode(address);
    }

    /// <summary>Charges the budget for work of the executive that a driver asked for.</summary>
    /// <param name="blocks">How many basic blocks take as long.</param>
    /// <param name="rip">Where the driver asked; 0 for the place of its call.</param>
    public void Charge(long blocks, ulong rip = 0)
    {
        _blocks += blocks;
        if (_blocks > kernel.Options.BlockBudget)
        {
            throw BudgetExceeded(rip);
        }
    }

    /// <summary>Charges the budget for bytes that the executive reads or writes.</summary>
    public void ChargeBytes(ulong bytes) => Charge((long)(bytes >> LabLimits.BytesOfBlockBits));

    /// <summary>Charges the budget for a search that may compare each character of one text with each of another.</summary>
    public void ChargeComparisons(int first, int second) => Charge((long)first * second >> LabLimits.ComparisonsOfBlockBits);

    /// <summary>Charges the budget for characters that the executive formats.</summary>
    public void ChargeText(int characters) => Charge(characters >> LabLimits.CharactersOfBlockBits);

    /// <summary>Checks memory that the executive touches for a driver.</summary>
    public void CheckRange(ulong address, ulong size, bool isWrite)
    {
        ChargeBytes(size);
        if (!kernel.Options.Verify || size == 0 || size > int.MaxValue || Allows(address, (int)size))
        {
            return;
        }

        if (IsOfOtherProcess(address))
        {
            ReportOtherProcess(address, isWrite, 0);
            throw new GuestFaultException(address, isWrite ? MemoryAccess.Write : MemoryAccess.Read);
        }

        _access = (address, (int)size, isWrite);
        Violation(0);
    }

    private bool IsOfOtherProcess(ulong address) => address < UserEnd && !kernel.UserBuffers.IsOf(address, kernel.Threads.Current.Process);

    private void ReportOtherProcess(ulong address, bool isWrite, ulong rip) =>
        Report("wrong-process", $"the driver {(isWrite ? "writes" : "reads")} user address 0x{address:x} of another process", null, rip);

    /// <summary>Deals with a stop that <see cref="OnAccess"/> or <see cref="OnBlock"/> asked for.</summary>
    /// <returns>Where to go on.</returns>
    public ulong Pending(CpuStop stop)
    {
        var (address, _, isWrite) = _access;
        if (IsOfOtherProcess(address))
        {
            ReportOtherProcess(address, isWrite, stop.Rip);
            return kernel.Exceptions.RaiseFault(address, isWrite ? MemoryAccess.Write : MemoryAccess.Read, stop.Rip, atCall: false);
        }

        Violation(stop.Rip);

        // The access itself has happened; the instruction's other effects may not have. Running it again completes them.
        return stop.Rip;
    }

    /// <summary>Deals with a block that was not entered: the budget, or pageable code.</summary>
    public ulong PendingBlock(CpuStop stop)
    {
        if (kernel.Traps.IsWild(stop.Detail))
        {
            throw kernel.Stop("wild-jump", $"a driver jumped to 0x{stop.Detail:x} in the kernel's image, which is no routine of the executive", rip: stop.Detail);
        }

        if (_blocks <= kernel.Options.BlockBudget)
        {
            Report("pageable-code", $"code in a pageable section runs at IRQL {(int)kernel.Threads.Current.Irql}", null, stop.Rip);
            throw kernel.BugCheck(
                BugCheckCode.DriverIrqlNotLessOrEqual, [stop.Rip, (ulong)kernel.Threads.Current.Irql, 8, stop.Rip], "pageable code runs where it cannot be paged in", stop.Rip);
        }

        throw BudgetExceeded(stop.Rip);
    }

    private MachineStoppedException BudgetExceeded(ulong rip) =>
        kernel.Stop("budget", $"the driver ran {kernel.Options.BlockBudget:N0} basic blocks without coming back", rip: rip);

    private bool Allows(ulong address, int size)
    {
        if (address < UserEnd)
        {
            return !WatchesUserMemory || (IsProbed(address, size) && kernel.UserBuffers.IsOf(address, kernel.Threads.Current.Process));
        }

        return IsAllocated(address, size);
    }

    /// <summary>Whether bytes of pool may be touched; true for all other memory.</summary>
    public bool IsAllocated(ulong address, int size) => GuardOf(address)?.Allows(address, size) != false;

    private PoolGuard? GuardOf(ulong address) => kernel.Pool.ArenaAt(address)?.Guard;

    private bool IsProbed(ulong address, int size)
    {
        if (_probed.Covers(address, address + (ulong)size))
        {
            return true;
        }

        foreach (var (start, end) in _mapped)
        {
            if (address >= start && address + (ulong)size <= end)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsPageableCode(ulong address) => kernel.Drivers.At(address)?.IsPageable(address) == true;

    private void Violation(ulong rip)
    {
        var (address, size, isWrite) = _access;
        if (GuardOf(address) is { } guard)
        {
            throw guard.Violation(address, size, isWrite, rip);
        }

        var who = rip == 0 && kernel.Threads.Current.Trap.Caller is { } routine ? routine.Name : "the driver";
        Report("unprobed-user-buffer", $"{who} {(isWrite ? "writes" : "reads")} {size} bytes at user address 0x{address:x}, which the driver has not probed", null, rip);
        Probed(address, (ulong)size);
    }

    private LabFinding? Seen(FindingKey key)
    {
        _blocks += LabLimits.BlocksOfException;
        return _seen.GetValueOrDefault(key);
    }

    private LabFinding Keep(FindingKey key, LabFinding finding)
    {
        if (_findings.Count < LabLimits.Findings)
        {
            _seen.Add(key, finding);
            _findings.Add(finding);
        }
        else
        {
            Dropped++;
        }

        return finding;
    }

    // The innermost frame that lies in a routine; a wild jump has led on from there.
    private static string? RoutineOf(IReadOnlyList<string> stack) => stack.FirstOrDefault(frame => frame.Contains('!', StringComparison.Ordinal))?.Split('+')[0];

    private LoadedDriver? DriverOf(ulong address)
    {
        if (kernel.Drivers.At(address) is { } driver)
        {
            return driver;
        }

        var invocations = kernel.Threads.Current.Invocations;
        for (var i = invocations.Count - 1; i >= 0; i--)
        {
            if (kernel.Drivers.At(invocations[i].CallerRip) is { } outer)
            {
                return outer;
            }
        }

        return kernel.Pool.ArenaAt(address) is null ? null : kernel.Pool.Nearest(address)?.Owner;
    }
}
