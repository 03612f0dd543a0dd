using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Configuration;
using NtScope.Lab.Executive.Debugging;
using NtScope.Lab.Executive.DriverFramework;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Filters;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Network;
using NtScope.Lab.Executive.Notifications;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Observation;
using NtScope.Lab.Executive.Pool;
using NtScope.Lab.Executive.Processes;
using NtScope.Lab.Executive.Sections;
using NtScope.Lab.Executive.Synchronization;
using NtScope.Lab.Executive.Threads;
using NtScope.Lab.Executive.Verification;
using NtScope.Lab.FileSystem;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Processors;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Executive;

/// <summary>The executive's parts, tied together.</summary>
internal sealed class LabKernel : IDisposable
{
    private const ulong ProcessorBytes = 0x2_0000;
    private readonly ulong _processor;
    private readonly ulong _controlBlock;
    private bool _disposed;
    private bool _isFaulting;

    /// <summary>Makes the parts and the machine's first process and thread.</summary>
    public LabKernel(LabMachineOptions options)
    {
        Options = options;
        Cpu = new UnicornCpu();
        var random = new Random(options.Seed);
        Ram = new PhysicalRam(options.MemoryBytes + LabMachineOptions.RamBeside, random);
        Foundation = new MachineFoundation(options.ToMachine(Ram.Size), Ram, random);
        Memory = new GuestMemory(Cpu, Foundation.System, options.MemoryBytes);
        Traps = new TrapTable(Memory, Foundation.Kernel);
        Drivers = new DriverList(Traps);
        Variables = new KernelVariables(Memory, Foundation.Kernel);
        Clock = new VirtualClock();
        Faults = new FaultInjector(options.FaultInjection, this);
        Traces = new StackTraceDatabase(this);
        Pool = new PoolManager(this);
        Memory.Fault = OnFault;
        Foundation.System.Fault = address => OnFault(address.Value, MemoryAccess.Write);
        Memory.Exhausted = OutOfMemory;
        Threads = new Scheduler(this);
        Dispatcher = new Dispatcher(this);
        DeferredCalls = new DeferredCallQueue(this);
        Apcs = new ApcQueue(this);
        Workers = new WorkerQueue(this);
        var unwinder = new Unwinder(Memory, Drivers);
        Stack = new StackWalker(this, unwinder);
        Exceptions = new ExceptionDispatcher(this, unwinder);
        Verifier = new Verifier(this);
        Executor = new Executor(this);
        Loader = new DriverLoader(this);
        Debug = new DebugOutput();
        Machine = Foundation.WithPools(new StructurePool(Pool, PoolKind.NonPaged), new StructurePool(Pool, PoolKind.Paged));
        Windows = new MachineMemoryBuilder(Machine, Foundation.Places);
        Windows.Start();
        _processor = Foundation.Places.ProcessorAt(0).Value;
        Memory.Map("processor block", _processor, ProcessorBytes, MemoryAccess.ReadWrite);
        Cpu.Write(Register.GsBase, _processor);
        Memory.WriteUInt64(_processor + 0x18, _processor);
        _controlBlock = _processor + ProcessorBuilder.ControlBlockOffsetOf(Machine);
        Memory.WriteUInt64(_processor + 0x20, _controlBlock);
        Cpu.Observer = Verifier;
        if (options.Debug)
        {
            Cpu.TraceInstructions();
            Cpu.Watch(1, 0);
        }
        else if (options.Verify)
        {
            Cpu.Watch(Pool.NonPaged.Start, Pool.NonPaged.End);
            Cpu.Watch(Pool.NonPagedExecute.Start, Pool.NonPagedExecute.End);
            Cpu.Watch(Pool.Paged.Start, Pool.Paged.End);
            Cpu.Watch(0, 0x0000_8000_0000_0000);
        }

        Objects = new ObjectManager(this);
        Processes = new ProcessManager(this);
        UserBuffers = new UserArena(Memory, Foundation.Places.Stacks);
        Devices = new DeviceManager(this);
        Requests = new RequestManager(this);
        Mdls = new MdlManager(this);
        Clients = new ClientIo(this);
        PlugAndPlay = new PlugAndPlay(this);
        Framework = new FrameworkManager(this);
        Volume = new Volume();
        Hive = new RegistryHive();
        Filters = new FilterManager(this);
        Files = new FileOperations(this);
        Directories = new DirectoryQueries(this);
        Sections = new SectionManager(this);
        RegistryCallbacks = new RegistryCallbacks(this);
        Configuration = new ConfigurationManager(this);
        SystemCallbacks = new SystemCallbacks(this);
        Shutdown = new ShutdownNotifications(this);
        BugChecks = new BugCheckCallbacks(this);
        Notifications = new NotificationApis(this);
        Network = new FilterEngine(this);
        ApiFamilies.Register(this, Apis);
        Observer = new MachineObserver(this);
        Boot();
        Processes.Start();
        Memory.Touched = Verifier.ChargeBytes;
    }

    /// <summary>How the machine was made.</summary>
    public LabMachineOptions Options { get; }

    /// <summary>The processor.</summary>
    public ICpu Cpu { get; }

    /// <summary>The physical memory.</summary>
    public PhysicalRam Ram { get; }

    /// <summary>The page tables and the kernel's image.</summary>
    public MachineFoundation Foundation { get; }

    /// <summary>What the builders of kernel structures work on.</summary>
    public MachineContext Machine { get; }

    /// <summary>The builders of kernel structures, and what they have built.</summary>
    public MachineMemoryBuilder Windows { get; }

    /// <summary>The memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The routines that drivers may import.</summary>
    public ApiTable Apis { get; } = new();

    /// <summary>Their addresses.</summary>
    public TrapTable Traps { get; }

    /// <summary>The variables that drivers may import.</summary>
    public KernelVariables Variables { get; }

    /// <summary>The loaded images.</summary>
    public DriverList Drivers { get; }

    /// <summary>Loads images.</summary>
    public DriverLoader Loader { get; }

    /// <summary>Calls drivers.</summary>
    public Executor Executor { get; }

    /// <summary>Structured exceptions.</summary>
    public ExceptionDispatcher Exceptions { get; }

    /// <summary>Stack walks.</summary>
    public StackWalker Stack { get; }

    /// <summary>The time.</summary>
    public VirtualClock Clock { get; }

    /// <summary>The threads.</summary>
    public Scheduler Threads { get; }

    /// <summary>Waits and signals.</summary>
    public Dispatcher Dispatcher { get; }

    /// <summary>DPCs.</summary>
    public DeferredCallQueue DeferredCalls { get; }

    /// <summary>Work items.</summary>
    public WorkerQueue Workers { get; }

    /// <summary>APCs and alerts.</summary>
    public ApcQueue Apcs { get; }

    /// <summary>The pools.</summary>
    public PoolManager Pool { get; }

    /// <summary>Failures on purpose.</summary>
    public FaultInjector Faults { get; }

    /// <summary>Where drivers called from.</summary>
    public StackTraceDatabase Traces { get; }

    /// <summary>Findings.</summary>
    public Verifier Verifier { get; }

    /// <summary>What drivers print.</summary>
    public DebugOutput Debug { get; }

    /// <summary>Objects, handles and names.</summary>
    public ObjectManager Objects { get; }

    /// <summary>Processes and their notifications.</summary>
    public ProcessManager Processes { get; }

    /// <summary>User memory for buffers.</summary>
    public UserArena UserBuffers { get; }

    /// <summary>Drivers, devices and files on them.</summary>
    public DeviceManager Devices { get; }

    /// <summary>IRPs.</summary>
    public RequestManager Requests { get; }

    /// <summary>Memory descriptor lists.</summary>
    public MdlManager Mdls { get; }

    /// <summary>Requests of users.</summary>
    public ClientIo Clients { get; }

    /// <summary>Devices that are found and started.</summary>
    public PlugAndPlay PlugAndPlay { get; }

    /// <summary>The Kernel-Mode Driver Framework.</summary>
    public FrameworkManager Framework { get; }

    /// <summary>The files of volume C:.</summary>
    public Volume Volume { get; }

    /// <summary>The minifilters.</summary>
    public FilterManager Filters { get; }

    /// <summary>Operations on files.</summary>
    public FileOperations Files { get; }

    /// <summary>Listings of directories.</summary>
    public DirectoryQueries Directories { get; }

    /// <summary>Sections and their views.</summary>
    public SectionManager Sections { get; }

    /// <summary>The registry's keys and values.</summary>
    public RegistryHive Hive { get; }

    /// <summary>Registry callbacks.</summary>
    public RegistryCallbacks RegistryCallbacks { get; }

    /// <summary>Registry operations.</summary>
    public ConfigurationManager Configuration { get; }

    /// <summary>Who is called for events of the whole system.</summary>
    public SystemCallbacks SystemCallbacks { get; }

    /// <summary>The end of the system.</summary>
    public ShutdownNotifications Shutdown { get; }

    /// <summary>Who is called when the system stops.</summary>
    public BugCheckCallbacks BugChecks { get; }

    /// <summary>Other events of the whole system.</summary>
    public NotificationApis Notifications { get; }

    /// <summary>The filters of network traffic.</summary>
    public FilterEngine Network { get; }

    /// <summary>Who debugs the machine; null for nobody.</summary>
    public IMachineDebugger? Debugger { get; set; }

    /// <summary>Shows the machine's memory.</summary>
    public MachineObserver Observer { get; }

    /// <summary>KTIMERs that are set, with the call that set them.</summary>
    public Dictionary<ulong, (ClockEntry Entry, StackTrace? Origin)> Timers { get; } = [];

    /// <summary>Timers that ExAllocateTimer made.</summary>
    public Dictionary<ulong, ExtendedTimer> ExtendedTimers { get; } = [];

    /// <summary>Registrations with callback objects, by the handle that takes them out.</summary>
    public Dictionary<ulong, KernelObject> CallbackRegistrations { get; } = [];

    /// <summary>What code of the machine's user, which a driver had called, last threw.</summary>
    public Exception? ThrownByUser { get; set; }

    /// <summary>Whether the machine is gone.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>Why the machine cannot go on; null while it can.</summary>
    public LabFinding? Stopped { get; private set; }

    /// <summary>Whether an address lies in the kernel's image.</summary>
    public bool IsInKernelImage(ulong address) => address - Foundation.Kernel.Base.Value < Foundation.Kernel.Size;

    /// <summary>Begins a request of the machine's user, with a budget of its own. Fails if the machine has stopped or is gone.</summary>
    public void EnsureRunning()
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(LabMachine));
        if (Stopped is { } finding)
        {
            throw new MachineStoppedException(finding);
        }

        Verifier.RenewBudget();
    }

    /// <summary>Stops the machine for good.</summary>
    public MachineStoppedException Stop(string kind, string detail, string? routine = null, ulong rip = 0) =>
        Stop(Stopped ?? Verifier.Report(kind, detail, routine, rip), rip);

    /// <summary>Stops the machine for good with a finding that is kept already.</summary>
    public MachineStoppedException Stop(LabFinding finding, ulong rip = 0)
    {
        if (Stopped is null)
        {
            Stopped = finding;
            Debugger?.OnStopped(finding, rip);
        }

        return new MachineStoppedException(Stopped);
    }

    /// <summary>Stops the machine as a real one stops with a blue screen, and calls who wants to know.</summary>
    public MachineStoppedException BugCheck(BugCheckCode code, ReadOnlySpan<ulong> parameters, string reason, ulong rip = 0)
    {
        var isFirst = Stopped is null;
        var stopped = Stop(
            "bug-check", $"bug check 0x{(uint)code:X} ({code}) with 0x{parameters[0]:x}, 0x{parameters[1]:x}, 0x{parameters[2]:x}, 0x{parameters[3]:x}: {reason}", null, rip);
        if (isFirst)
        {
            BugChecks?.Notify((uint)code);
        }

        return stopped;
    }

    /// <summary>Stops the machine because its memory is used up.</summary>
    public MachineStoppedException OutOfMemory() => Stop("memory", $"the machine's {Options.MemoryBytes >> 20} MiB of memory are used up");

    /// <summary>Tells the processor block which thread runs.</summary>
    public void SetCurrentThread(KernelThread thread) => Memory.WriteUInt64(_controlBlock + 8, thread.Thread);

    /// <summary>The current thread acts as one of the System process until the scope ends.</summary>
    public ProcessScope AsSystem() => Processes.RunAs(Processes.SystemProcess);

    // Inside of a driver's call an access violation is the driver's to handle. Outside of all calls the executive itself trips over
    // structures that a driver has overwritten.
    private Exception OnFault(ulong address, MemoryAccess access)
    {
        if (_isFaulting || Threads?.Current is not { Invocations.Count: 0 })
        {
            return new GuestFaultException(address, access);
        }

        _isFaulting = true;
        try
        {
            return BugCheck(
                BugCheckCode.SystemServiceException, [(uint)NtStatus.AccessViolation, address, access == MemoryAccess.Write ? 1UL : 0, 0],
                $"the executive finds structures destroyed: 0x{address:x} cannot be accessed ({access})");
        }
        finally
        {
            _isFaulting = false;
        }
    }

    private void Boot()
    {
        if (Options.Windows)
        {
            Windows.Populate();
            return;
        }

        Windows.Processes.Create(new ProcessPlan(ProcessPlan.System, string.Empty, null, Threads: 1));
        Windows.Processes.Create(new ProcessPlan("smss.exe", ProcessPlan.System, null, Threads: 1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Threads.Dispose();
            Cpu.Dispose();
            Ram.Dispose();
        }
    }
}
