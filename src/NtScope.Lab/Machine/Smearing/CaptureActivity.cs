using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Machine.Modules;
using NtScope.Lab.Machine.Objects;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Sessions;

namespace NtScope.Lab.Machine.Smearing;

/// <summary>What happens on a machine while its memory is copied: a driver is loaded, processes and a thread start, handles and an event come.</summary>
internal sealed class CaptureActivity
{
    private const uint EventAccess = 0x001F_0003;
    private const int NotifyRoutine = 31;

    private readonly HashSet<VirtualAddress> _created = [];

    /// <summary>Processes and threads.</summary>
    public required ProcessBuilder Processes { get; init; }

    /// <summary>Sessions.</summary>
    public required SessionBuilder Sessions { get; init; }

    /// <summary>Drivers.</summary>
    public required DriverLoader Drivers { get; init; }

    /// <summary>What is registered with the kernel.</summary>
    public required CallbackBuilder Callbacks { get; init; }

    /// <summary>The object namespace.</summary>
    public required ObjectNamespace Names { get; init; }

    /// <summary>What came: processes, threads, the driver object, its image, its routine, the event.</summary>
    public IReadOnlySet<VirtualAddress> Created => _created;

    /// <summary>Lets it happen.</summary>
    public void Go()
    {
        Load(new DriverPlan("usbhub.sys", 0x1_4000, "usbhub", "USBHUB0"));
        var user = Processes.Processes.Last(process => process.Name == "explorer.exe");
        Start(new ProcessPlan("WmiPrvSE.exe", "services.exe", 0, 4));
        Start(new ProcessPlan("conhost.exe", "explorer.exe", user.Session, 2));
        _created.Add(Processes.AddThread("lsass.exe").Object);
        var created = Names.CreateEvent("UsbHubReady");
        _created.Add(created);
        Processes.AddHandle(user, created, EventAccess);
    }

    private void Load(DriverPlan plan)
    {
        Drivers.Load(plan);
        var driver = Drivers.Find(plan.Name);
        var routine = driver.Image.Base + DriverImageWriter.Routine(NotifyRoutine);
        Callbacks.AddNotify("image", routine);
        _created.UnionWith([driver.Object, driver.Image.Base, routine]);
    }

    private void Start(ProcessPlan plan)
    {
        var process = Processes.Create(plan);
        Sessions.Join(process);
        _created.Add(process.Object);
        _created.UnionWith(process.Threads.Select(thread => thread.Object));
    }
}
