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
    private readonly List<LabImage> _loaded = [];
    private readonly List<MachineDriver> _drivers = [];
    private KernelImageWriter _writer = null!;
    private PhysicalAddress _shared;
    private SessionBuilder? _sessions;
    private DebuggerBlock? _debugger;
    private AttackPlanter? _attacks;
    private UserImages? _userImages;
    private readonly HashSet<LabAddressSpace> _filled = [];
    private FilterManagerBuilder? _filters;

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
    }

    /// <summary>Starts a user's Windows: the usual drivers, processes, sessions and callbacks.</summary>
    internal void Populate()
    {
        LoadDrivers();
        foreach (var plan in ProcessPlan.Of(_context.Version.Build))
        {
            Processes.Create(plan);
        }

        _sessions = StartSessions();
        foreach (var image in _sessions.Images.Images)
        {
            Modules.Add(image);
            _images.Add(image);
        }

        RegisterCallbacks(Callbacks, _drivers);
        if (!_context.IsNarrow)
        {
            RegisterFilters();
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
            new PageSmear(_context).Smear(_context.Options.SmearedPages, [.. _drivers.Select(driver => driver.Image)]);
        }

        return new MachineMemory(_context, _debugger)
        {
            CaptureTime = now ?? LabClock.Now,
            Modules = [.. _images],
            Processes = [.. Processes.Processes],
            Processors = processors,
            Drivers = _drivers,
            Desktops = _sessions?.Desktops ?? [],
            Callbacks = Callbacks.Registered,
            Filters = _filters?.Filters ?? [],
            Traces = _attacks?.Traces ?? [],
            Files =
            [
                new MachineImage(_images[0], _context.System, KernelImageWriter.FileParts(_context)),
                .. _loaded.Select(image => new MachineImage(image, _context.System, DriverImageWriter.FileParts(image))),
                .. _sessions?.Images.Files ?? [],
                .. _userImages?.Files ?? [],
            ],
            RootDirectory = Objects.Root,
        };
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
            Drivers = _drivers,
        };
        foreach (var attack in _context.Options.Attacks)
        {
            attacks.Plant(attack);
        }

        return attacks;
    }

    private void LoadDrivers()
    {
        var objects = new DriverObjects(_context, Objects, Names);
        var next = FirstDriver();
        foreach (var plan in DriverPlan.All)
        {
            next = LoadDriver(objects, plan, next);
        }

        objects.Attach(Find("kbdclass"), Find("beep"));
        objects.Attach(Find("volmgr"), Find("disk"));
        Modules.AddUnloaded("dump_diskdump.sys", next, 0xA000, LabClock.Boot + TimeSpan.FromSeconds(21).Ticks);
        Modules.AddUnloaded("hwpolicy.sys", next + 0x1_0000, 0xD000, LabClock.Boot + TimeSpan.FromSeconds(34).Ticks);

        MachineDriver Find(string stem) => _drivers.First(driver => driver.Image.Name.StartsWith(stem, StringComparison.Ordinal));
    }

    private VirtualAddress FirstDriver()
    {
        var kernel = _images[0];
        var large = _context.System.Paging.LargePageSize;
        return _places.Drivers ?? new VirtualAddress((kernel.Base + kernel.Size).Value + large & ~(large - 1));
    }

    // Returns the place of the next one.
    private VirtualAddress LoadDriver(DriverObjects objects, DriverPlan plan, VirtualAddress start)
    {
        var image = DriverImageWriter.Write(_context, plan.Name, start, plan.Size);
        var entry = Modules.Add(image);
        _images.Add(image);
        _loaded.Add(image);
        if (plan.Object is not null)
        {
            _drivers.Add(objects.Create(plan, image, entry));
        }

        return new VirtualAddress((start + plan.Size + 0x1_0000).Value & ~0xFFFFul);
    }

    private SessionBuilder StartSessions()
    {
        var sessions = new SessionBuilder(_context, Objects, Names, Processes, _places);
        foreach (var process in Processes.Processes)
        {
            sessions.Join(process);
        }

        var userSession = ProcessPlan.UserSession(_context.Version.Build);
        sessions.CreateWindowStation(0, "WinSta0");
        sessions.CreateWindowStation(0, "Service-0x0-3e7$");
        if (userSession != 0)
        {
            sessions.CreateWindowStation(userSession, "WinSta0");
            sessions.CreateDesktop(0, "WinSta0", "Default");
            sessions.CreateDesktop(0, "WinSta0", "Disconnect");
        }

        var services = sessions.CreateDesktop(0, "Service-0x0-3e7$", "Default");
        var logon = sessions.CreateDesktop(userSession, "WinSta0", "Winlogon");
        var user = sessions.CreateDesktop(userSession, "WinSta0", "Default");
        sessions.CreateDesktop(userSession, "WinSta0", "Disconnect");
        foreach (var process in Processes.Processes.Where(process => process.Session is not null))
        {
            sessions.AddThreads(process.Session != userSession ? services : process.Name == "winlogon.exe" ? logon : user, process, count: 3);
        }

        AddWindow(logon, "winlogon.exe", "Winlogon generic control dialog", isVisible: false);
        AddWindow(user, "explorer.exe", "Program Manager", isVisible: true);
        AddWindow(user, "explorer.exe", "Task Switching", isVisible: false);
        AddWindow(user, "notepad.exe", "notes.txt - Notepad", isVisible: true);
        AddWindow(user, "cmd.exe", @"C:\Windows\System32\cmd.exe", isVisible: true);
        return sessions;

        void AddWindow(LabDesktop desktop, string owner, string title, bool isVisible) =>
            sessions.AddWindow(desktop, Processes.Processes.Last(process => process.Name == owner).Threads[0], title, isVisible);
    }

    private static void RegisterCallbacks(CallbackBuilder callbacks, List<MachineDriver> drivers)
    {
        var (defender, network, cryptography, files) = (Find("WdFilter.sys"), Find("tcpip.sys"), Find("cng.sys"), Find("ntfs.sys"));
        callbacks.AddNotify("process", Routine(cryptography, 30));
        callbacks.AddNotify("process", Routine(defender, 31));
        callbacks.AddNotify("process", Routine(network, 32));
        callbacks.AddNotify("thread", Routine(defender, 33));
        callbacks.AddNotify("image", Routine(defender, 34));
        callbacks.AddRegistry(Routine(defender, 35), "328010");
        callbacks.AddObject(Routine(defender, 36), Routine(defender, 37), "328010");
        callbacks.AddBugCheck(network.Image, Routine(network, 38), withReason: false);
        callbacks.AddBugCheck(defender.Image, Routine(defender, 39), withReason: true);
        callbacks.AddShutdown(files);
        callbacks.AddLogonSession(Routine(files, 40));

        MachineDriver Find(string name) => drivers.First(driver => driver.Image.Name == name);

        static VirtualAddress Routine(MachineDriver driver, int number) => driver.Image.Base + DriverImageWriter.Routine(number);
    }

    private void RegisterFilters()
    {
        FilterManager.Register(Find("WdFilter.sys"), "WdFilter", "328010", 0, 4, 6, 18);
        FilterManager.Register(Find("luafv.sys"), "luafv", "135000", 0, 2, 12);
        FilterManager.Register(Find("fileinfo.sys"), "FileInfo", "40500", 0, 18);
    }

    private FilterManagerBuilder StartFilterManager()
    {
        if (!_drivers.Exists(IsFilterManager))
        {
            LoadDriver(new DriverObjects(_context, Objects, Names), DriverPlan.FilterManager, FirstDriver());
        }

        return new FilterManagerBuilder(_context, _drivers.Find(IsFilterManager)!, [@"\Device\Mup", SystemVolume, @"\Device\HarddiskVolume2"]);

        static bool IsFilterManager(MachineDriver driver) => driver.Image.Name == DriverPlan.FilterManager.Name;
    }

    private MachineDriver Find(string name) => _drivers.First(driver => driver.Image.Name == name);

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
