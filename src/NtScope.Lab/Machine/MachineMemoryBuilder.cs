using NtScope.Lab.Machine.Attacks;
using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;
using NtScope.Lab.Machine.Objects;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Processors;
using NtScope.Lab.Machine.Sessions;
using NtScope.Lab.Machine.Smearing;

namespace NtScope.Lab.Machine;

/// <summary>Builds a <see cref="MachineMemory"/>, in the order in which Windows starts.</summary>
public sealed class MachineMemoryBuilder
{
    /// <summary>The device of volume C:.</summary>
    internal const string SystemVolume = @"\Device\HarddiskVolume1";

    private const ulong PoolSize = 64ul << 20;
    private const ulong PayloadDistance = 0x20_0000;
    private const int SegmentHeapSince = 18362;
    private const int RandomKernelSince = 9200;
    private const int Vista = 6000;
    private const ulong MostNarrowMemory = 3ul << 30;

    private readonly MachineContext _context;
    private readonly KernelSpace _places;
    private readonly List<LabImage> _images = [];
    private DriverLoader _drivers = null!;
    private KernelImageWriter _writer = null!;
    private PhysicalAddress _shared;
    private SessionBuilder? _sessions;
    private DebuggerBlock? _debugger;
    private AttackPlanter? _attacks;
    private UserImages? _userImages;
    private readonly HashSet<LabAddressSpace> _filled = [];
    private FilterManagerBuilder? _filters;
    private SmearedCapture? _smear;

    /// <summary>A builder for a machine whose memory is there already.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="places">Where the parts of the kernel's half are.</param>
    internal MachineMemoryBuilder(MachineContext context, KernelSpace places) => (_context, _places) = (context, places);

    private MachineMemoryBuilder(MachineMemoryOptions options, PhysicalRam ram, Random random)
    {
        var build = options.Kernel.Version.Build;
        var foundation = new MachineFoundation(options, ram, random);
        _places = foundation.Places;
        _context = foundation.WithPools(
            new KernelPool(foundation.System, _places.NonPagedPool, PoolSize, paged: false, executable: build < RandomKernelSince, chained: build < SegmentHeapSince, oldTypes: build < Vista),
            new KernelPool(foundation.System, _places.PagedPool, PoolSize, paged: true, executable: false, chained: build < SegmentHeapSince, oldTypes: build < Vista));
    }

    /// <summary>Builds the machine.</summary>
    /// <exception cref="ArgumentException">The options ask for what the lab cannot build.</exception>
    /// <exception cref="InvalidOperationException">The RAM does not hold the machine.</exception>
    public static MachineMemory Build(MachineMemoryOptions options)
    {
        if (options.Kernel.IsNarrow && options.MemorySize > MostNarrowMemory)
        {
            throw new ArgumentException("a lab machine of x86 has at most 3 GiB of RAM", nameof(options));
        }

        if (options.Processors is < 1 or > 8)
        {
            throw new ArgumentException("a lab machine has 1 to 8 processors", nameof(options));
        }

        var random = new Random(options.Seed);
        var ram = new PhysicalRam(options.MemorySize, random);
        try
        {
            var builder = new MachineMemoryBuilder(options, ram, random);
            builder.Start();
            builder.Populate();
            return builder.Complete();
        }
        catch
        {
            ram.Dispose();
            throw;
        }
    }

    /// <summary>The object manager, once the machine has started.</summary>
    internal ObjectManager Objects { get; private set; } = null!;

    /// <summary>The directories of the namespace.</summary>
    internal ObjectNamespace Names { get; private set; } = null!;

    /// <summary>The list of loaded modules.</summary>
    internal ModuleList Modules { get; private set; } = null!;

    /// <summary>The processes and what finds them.</summary>
    internal ProcessBuilder Processes { get; private set; } = null!;

    /// <summary>The routines registered with the kernel.</summary>
    internal CallbackBuilder Callbacks { get; private set; } = null!;

    /// <summary>The filter manager; its driver is loaded when it is first asked for. An x64 machine's only.</summary>
    internal FilterManagerBuilder FilterManager => _filters ??= StartFilterManager();

    /// <summary>Makes what every machine has before a driver runs: variables, types, the namespace, empty lists with the kernel in them.</summary>
    internal void Start()
    {
        _writer = new KernelImageWriter(_context);
        var kernel = _writer.Describe();
        var variables = new SystemVariables(_context, _context.Options.Processors);
        _shared = variables.WriteSharedData();
        variables.Write();
        Objects = new ObjectManager(_context);
        Names = new ObjectNamespace(Objects);
        Modules = new ModuleList(_context);
        Modules.Add(kernel);
        _images.Add(kernel);
        Processes = new ProcessBuilder(_context, Objects, _places.Stacks);
        Callbacks = new CallbackBuilder(_context, Objects);
        _drivers = new DriverLoader(_context, Objects, Names, AddImage, FirstDriver());
    }

    /// <summary>Starts a user's Windows: the usual drivers, processes, sessions and callbacks.</summary>
    internal void Populate()
    {
        _drivers.LoadUsual(Modules);
        foreach (var plan in ProcessPlan.Of(_context.Version.Build))
        {
            Processes.Create(plan);
        }

        _sessions = new SessionBuilder(_context, Objects, Names, Processes, _places);
        UsualSessions.Start(_sessions, Processes.Processes, _context.Version.Build);
        foreach (var image in _sessions.Images.Images)
        {
            AddImage(image);
        }

        UsualCallbacks.Register(Callbacks, _drivers);
        if (!_context.IsNarrow)
        {
            UsualCallbacks.Register(FilterManager, _drivers);
        }
    }

    /// <summary>Enters the image of a driver that was loaded.</summary>
    /// <returns>Its entry in the list of modules.</returns>
    internal VirtualAddress AddImage(LabImage image)
    {
        _images.Add(image);
        return Modules.Add(image);
    }

    /// <summary>Takes the image of a driver out that was unloaded.</summary>
    internal void RemoveImage(VirtualAddress entry, LabImage image, long time)
    {
        _images.Remove(image);
        Modules.Remove(entry, image, time);
    }

    /// <summary>
    /// Writes what only one who looks at the memory can see: code, headers, user space, processors. Attacks come last. A machine that ran on is
    /// completed again; what does not change is written once.
    /// </summary>
    /// <param name="current">The thread that the first processor runs; null for one of the System process.</param>
    /// <param name="now">The time, as a Windows file time; null for that of every capture.</param>
    internal MachineMemory Complete(MachineThread? current = null, long? now = null)
    {
        var isFirst = _debugger is null;
        if (_debugger is null)
        {
            _writer.Write();
            _debugger = new DebuggerBlock(_context);
            if (_context.Options.SmearedPages > 0)
            {
                FillUserSpaces();
            }

            _smear = SmearedCapture.Begin(_context.Options.SmearedPages, GoOn, _context);
            _attacks = PlantAttacks();
        }

        FillUserSpaces();
        if (isFirst && _userImages is not null)
        {
            _attacks?.PlantInUserSpace(_userImages);
        }

        var processors = StartProcessors(Processes.Processes[0], current);
        if (isFirst)
        {
            _writer.WriteHeaders(_images[0]);
            _debugger.SetEncoded(true);
            _smear?.End([.. _drivers.Drivers.Select(driver => driver.Image)], [_context.System, .. Processes.Processes.Select(process => process.Space)]);
        }

        return new MachineMemory(_context, _debugger)
        {
            CaptureTime = now ?? LabClock.Now,
            Modules = [.. _images],
            Processes = [.. Processes.Processes],
            Processors = processors,
            Drivers = _drivers.Drivers,
            Smear = _smear,
            Desktops = _sessions?.Desktops ?? [],
            Callbacks = Callbacks.Registered,
            Filters = _filters?.Filters ?? [],
            Traces = _attacks?.Traces ?? [],
            Files =
            [
                new MachineImage(_images[0], _context.System, KernelImageWriter.FileParts(_context)),
                .. _drivers.Images.Select(image => new MachineImage(image, _context.System, DriverImageWriter.FileParts(image))),
                .. _sessions?.Images.Files ?? [],
                .. _userImages?.Files ?? [],
            ],
            RootDirectory = Objects.Root,
        };
    }

    // What happens while the capture is taken.
    private IReadOnlySet<VirtualAddress> GoOn()
    {
        var activity = new CaptureActivity { Processes = Processes, Sessions = _sessions!, Drivers = _drivers, Callbacks = Callbacks, Names = Names };
        activity.Go();
        FillUserSpaces();
        return activity.Created;
    }

    private AttackPlanter? PlantAttacks()
    {
        if (_context.Options.Attacks.Count == 0)
        {
            return null;
        }

        var sessions = _sessions ?? throw new InvalidOperationException("attacks need a machine with sessions");
        var payload = _images.Where(image => !sessions.Images.Images.Contains(image)).Max(image => image.Base + image.Size) + PayloadDistance;
        var attacks = new AttackPlanter(_context, payload)
        {
            Processes = Processes,
            Callbacks = Callbacks,
            Filters = _filters,
            Sessions = sessions,
            Names = Names,
            Objects = Objects,
            Modules = Modules,
            Drivers = _drivers.Drivers,
        };
        foreach (var attack in _context.Options.Attacks)
        {
            attacks.Plant(attack);
        }

        return attacks;
    }

    private VirtualAddress FirstDriver()
    {
        var kernel = _images[0];
        var large = _context.System.Paging.LargePageSize;
        return _places.Drivers ?? new VirtualAddress((kernel.Base + kernel.Size).Value + large & ~(large - 1));
    }

    private FilterManagerBuilder StartFilterManager()
    {
        if (!_drivers.Drivers.Any(driver => driver.Image.Name == DriverPlan.FilterManager.Name))
        {
            _drivers.Load(DriverPlan.FilterManager);
        }

        return new FilterManagerBuilder(_context, _drivers.Find(DriverPlan.FilterManager.Name), [@"\Device\Mup", SystemVolume, @"\Device\HarddiskVolume2"]);
    }

    private void FillUserSpaces()
    {
        var builder = new UserSpaceBuilder(_context, _shared);
        foreach (var process in Processes.Processes.Where(process => process.Id != 4 && process.Name != "Registry" && _filled.Add(process.Space)))
        {
            var isFirst = _userImages is null;
            _userImages ??= new UserImages(_context, _sessions?.Images.Services ?? [], process.Space);
            builder.Fill(process, _userImages, mapImages: !isFirst);
        }
    }

    private List<LabProcessor> StartProcessors(MachineProcess system, MachineThread? current)
    {
        var builder = new ProcessorBuilder(_context);
        return [.. Enumerable.Range(0, _context.Options.Processors).Select(number => builder.Write(
            number, _places.ProcessorAt(number), system, system.Threads[number], number == 0 ? current : null))];
    }
}
