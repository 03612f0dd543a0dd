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
    private const ulong PoolSize = 64ul << 20;
    private const ulong ProcessorSpacing = 0x10_0000;
    private const ulong ProcessorsBehindStacks = 0x1000_0000;
    private const ulong PayloadDistance = 0x20_0000;
    private const int SegmentHeapSince = 18362;
    private const int RandomKernelSince = 9200;

    private readonly MachineContext _context;
    private readonly KernelSpace _places;

    private MachineMemoryBuilder(MachineMemoryOptions options, PhysicalRam ram, Random random)
    {
        var build = options.Kernel.Version.Build;
        var foundation = new MachineFoundation(options, ram, random);
        _places = foundation.Places;
        _context = foundation.WithPools(
            new KernelPool(foundation.System, _places.NonPagedPool, PoolSize, paged: false, executable: build < RandomKernelSince, chained: build < SegmentHeapSince),
            new KernelPool(foundation.System, _places.PagedPool, PoolSize, paged: true, executable: false, chained: build < SegmentHeapSince));
    }

    /// <summary>Builds the machine.</summary>
    /// <exception cref="ArgumentException">The options ask for a kernel that is not x64 or of which nothing is known.</exception>
    /// <exception cref="InvalidOperationException">The RAM does not hold the machine.</exception>
    public static MachineMemory Build(MachineMemoryOptions options)
    {
        if (options.Kernel.Architecture != ProcessorArchitecture.X64 || !options.Kernel.HasServices)
        {
            throw new ArgumentException($"the lab builds x64 kernels whose services are known, and {options.Kernel.Version} is not one", nameof(options));
        }

        if (options.Processors is < 1 or > 8)
        {
            throw new ArgumentException("a lab machine has 1 to 8 processors", nameof(options));
        }

        var random = new Random(options.Seed);
        var ram = new PhysicalRam(options.MemorySize, random);
        try
        {
            return new MachineMemoryBuilder(options, ram, random).Build();
        }
        catch
        {
            ram.Dispose();
            throw;
        }
    }

    private MachineMemory Build()
    {
        var writer = new KernelImageWriter(_context);
        var kernel = writer.Write();
        var variables = new SystemVariables(_context, _context.Options.Processors);
        var shared = variables.WriteSharedData();
        variables.Write();
        var debugger = new DebuggerBlock(_context);
        var objects = new ObjectManager(_context);
        var names = new ObjectNamespace(objects);
        var (drivers, images, list) = LoadDrivers(kernel, new DriverObjects(_context, objects, names));
        var processes = new ProcessBuilder(_context, objects, _places.Stacks);
        foreach (var plan in ProcessPlan.All.Where(plan => _context.Version.Build >= plan.FirstBuild))
        {
            processes.Create(plan);
        }

        var sessions = StartSessions(objects, names, processes);
        foreach (var image in sessions.Images.Images)
        {
            list.Add(image);
            images.Add(image);
        }

        var callbacks = RegisterCallbacks(new CallbackBuilder(_context, objects), drivers);
        var attacks = new AttackPlanter(_context, processes, callbacks, sessions, images.Where(image => !sessions.Images.Images.Contains(image)).Max(image => image.Base + image.Size) + PayloadDistance);
        foreach (var attack in _context.Options.Attacks)
        {
            attacks.Plant(attack);
        }

        FillUserSpaces(processes.Processes, sessions.Images.Services, shared);
        var processors = StartProcessors(processes.Processes[0]);
        writer.WriteHeaders(kernel);
        debugger.SetEncoded(true);
        new PageSmear(_context).Smear(_context.Options.SmearedPages, [.. drivers.Select(driver => driver.Image)]);
        return new MachineMemory(_context, debugger)
        {
            Modules = images,
            Processes = processes.Processes,
            Processors = processors,
            Drivers = drivers,
            Desktops = sessions.Desktops,
            Callbacks = callbacks.Registered,
            Traces = attacks.Traces,
            RootDirectory = objects.Root,
        };
    }

    private (List<MachineDriver> Drivers, List<LabImage> Images, ModuleList List) LoadDrivers(LabImage kernel, DriverObjects objects)
    {
        var list = new ModuleList(_context);
        list.Add(kernel);
        var images = new List<LabImage> { kernel };
        var drivers = new List<MachineDriver>();
        var next = new VirtualAddress((kernel.Base + kernel.Size).Value + LabAddressSpace.LargePageSize & ~(LabAddressSpace.LargePageSize - 1));
        foreach (var plan in DriverPlan.All)
        {
            var image = DriverImageWriter.Write(_context, plan.Name, next, plan.Size);
            next = new VirtualAddress((next + plan.Size + 0x1_0000).Value & ~0xFFFFul);
            var entry = list.Add(image);
            images.Add(image);
            if (plan.Object is not null)
            {
                drivers.Add(objects.Create(plan, image, entry));
            }
        }

        objects.Attach(Find("kbdclass"), Find("beep"));
        objects.Attach(Find("volmgr"), Find("disk"));
        list.AddUnloaded("dump_diskdump.sys", next, 0xA000, LabClock.Boot + TimeSpan.FromSeconds(21).Ticks);
        list.AddUnloaded("hwpolicy.sys", next + 0x1_0000, 0xD000, LabClock.Boot + TimeSpan.FromSeconds(34).Ticks);
        return (drivers, images, list);

        MachineDriver Find(string stem) => drivers.First(driver => driver.Image.Name.StartsWith(stem, StringComparison.Ordinal));
    }

    private SessionBuilder StartSessions(ObjectManager objects, ObjectNamespace names, ProcessBuilder processes)
    {
        var sessions = new SessionBuilder(_context, objects, names, processes, _places);
        foreach (var process in processes.Processes)
        {
            sessions.Join(process);
        }

        sessions.CreateWindowStation(0, "WinSta0");
        sessions.CreateWindowStation(0, "Service-0x0-3e7$");
        sessions.CreateWindowStation(1, "WinSta0");
        sessions.CreateDesktop(0, "WinSta0", "Default");
        sessions.CreateDesktop(0, "WinSta0", "Disconnect");
        var services = sessions.CreateDesktop(0, "Service-0x0-3e7$", "Default");
        var logon = sessions.CreateDesktop(1, "WinSta0", "Winlogon");
        var user = sessions.CreateDesktop(1, "WinSta0", "Default");
        sessions.CreateDesktop(1, "WinSta0", "Disconnect");
        foreach (var process in processes.Processes.Where(process => process.Session is not null))
        {
            sessions.AddThreads(process.Session == 0 ? services : process.Name == "winlogon.exe" ? logon : user, process, count: 3);
        }

        AddWindow(logon, "winlogon.exe", "Winlogon generic control dialog", isVisible: false);
        AddWindow(user, "explorer.exe", "Program Manager", isVisible: true);
        AddWindow(user, "explorer.exe", "Task Switching", isVisible: false);
        AddWindow(user, "notepad.exe", "notes.txt - Notepad", isVisible: true);
        AddWindow(user, "cmd.exe", @"C:\Windows\System32\cmd.exe", isVisible: true);
        return sessions;

        void AddWindow(LabDesktop desktop, string owner, string title, bool isVisible) =>
            sessions.AddWindow(desktop, processes.Processes.Last(process => process.Name == owner).Threads[0], title, isVisible);
    }

    private static CallbackBuilder RegisterCallbacks(CallbackBuilder callbacks, List<MachineDriver> drivers)
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
        return callbacks;

        MachineDriver Find(string name) => drivers.First(driver => driver.Image.Name == name);

        static VirtualAddress Routine(MachineDriver driver, int number) => driver.Image.Base + DriverImageWriter.Routine(number);
    }

    private void FillUserSpaces(IReadOnlyList<MachineProcess> processes, IReadOnlyList<string> win32kServices, PhysicalAddress shared)
    {
        var builder = new UserSpaceBuilder(_context, shared);
        UserImages? images = null;
        foreach (var process in processes.Where(process => process.Id != 4 && process.Name != "Registry"))
        {
            var isFirst = images is null;
            images ??= new UserImages(_context, win32kServices, process.Space);
            builder.Fill(process, images, mapImages: !isFirst);
        }
    }

    private List<LabProcessor> StartProcessors(MachineProcess system)
    {
        var builder = new ProcessorBuilder(_context);
        return [.. Enumerable.Range(0, _context.Options.Processors).Select(number => builder.Write(
            number, _places.Stacks + ProcessorsBehindStacks + (ulong)number * ProcessorSpacing, system, system.Threads[number]))];
    }
}
