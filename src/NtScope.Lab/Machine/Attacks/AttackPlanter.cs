using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Machine.Modules;
using NtScope.Lab.Machine.Objects;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Sessions;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Does to a machine what malware does.</summary>
/// <param name="context">The machine.</param>
/// <param name="payload">Where code outside every module goes: near the kernel's image, within reach of a table's 28 bits.</param>
internal sealed class AttackPlanter(MachineContext context, VirtualAddress payload)
{
    private const string StubProcess = "notepad.exe";

    private readonly List<PlantedTrace> _traces = [];
    private readonly ForeignCode _code = new(context, context.System, payload);

    /// <summary>Processes and threads.</summary>
    public required ProcessBuilder Processes { get; init; }

    /// <summary>What is registered with the kernel.</summary>
    public required CallbackBuilder Callbacks { get; init; }

    /// <summary>The filter manager; null on x86.</summary>
    public required FilterManagerBuilder? Filters { get; init; }

    /// <summary>Sessions and desktops.</summary>
    public required SessionBuilder Sessions { get; init; }

    /// <summary>The object namespace.</summary>
    public required ObjectNamespace Names { get; init; }

    /// <summary>The objects.</summary>
    public required ObjectManager Objects { get; init; }

    /// <summary>The list of loaded modules.</summary>
    public required ModuleList Modules { get; init; }

    /// <summary>The driver objects.</summary>
    public required IReadOnlyList<MachineDriver> Drivers { get; init; }

    /// <summary>What was changed, in order.</summary>
    public IReadOnlyList<PlantedTrace> Traces => _traces;

    private WindowManagerAttacks WindowManager => field ??= new(context, Sessions);

    private ServiceTableAttacks Services => field ??= new(context, _code);

    private DriverAttacks DriverObjects => field ??= new(context, _code, Drivers);

    /// <summary>Plants an attack.</summary>
    public void Plant(LabAttack attack) => _traces.AddRange(attack switch
    {
        LabAttack.RedirectedEntry => [Services.Redirect("NtQuerySystemInformation")],
        LabAttack.MisdirectedEntry => [Services.Misdirect("NtTerminateProcess", "NtYieldExecution")],
        LabAttack.SwappedEntries => Services.Swap("NtOpenProcess", "NtOpenThread"),
        LabAttack.InlineHook => [Services.Hook("NtQueryDirectoryFile")],
        LabAttack.RelocatedTable => Services.Relocate(),
        LabAttack.ChangedLimit => [Services.ChangeDescriptorLimit()],
        LabAttack.ChangedServiceLimit => [Services.ChangeServiceLimit()],
        LabAttack.ChangedArguments => [Services.ChangeArgumentByte("NtWriteFile")],
        LabAttack.ChangedEntryArguments => [Services.ChangeEntryArguments("NtReadFile")],
        LabAttack.RedirectedWin32kEntry => [WindowManager.Redirect("NtGdiBitBlt")],
        LabAttack.HookedWin32kRoutine => [WindowManager.Hook("NtUserGetAsyncKeyState")],
        LabAttack.RelocatedWin32kTable => [WindowManager.Relocate()],
        LabAttack.UnlinkedProcess => [UnlinkProcess("cmd.exe")],
        LabAttack.UnlinkedThread => [UnlinkThread("explorer.exe")],
        LabAttack.UnlinkedDriver => [UnlinkDriver(@"\Driver\Beep")],
        LabAttack.UnlinkedModule => [UnlinkModule("http.sys")],
        LabAttack.ForeignDispatch => [DriverObjects.DivertDispatch(@"\Driver\Null")],
        LabAttack.ForeignDevice => [DriverObjects.HijackDevice(@"\Driver\mouclass")],
        LabAttack.ForeignCallback => [RegisterProcessRoutine()],
        LabAttack.ForeignRegistrations => RegisterEverywhere(),
        LabAttack.ForeignFilter => [DivertFilter("WdFilter")],
        LabAttack.HiddenDesktop => [HideDesktop("k9f2a71c")],
        LabAttack.HostileName => NameHostile(),
        // Planted once the process has its images: PlantInUserSpace.
        LabAttack.PatchedStub or LabAttack.PatchedWin32uStub => (IEnumerable<PlantedTrace>)[],
        _ => throw new ArgumentOutOfRangeException(nameof(attack), attack, "not an attack that the lab knows"),
    });

    /// <summary>Plants what needs the images of processes.</summary>
    public void PlantInUserSpace(UserImages images)
    {
        var stubs = new StubAttacks(context, Processes.Processes.Last(process => process.Name == StubProcess), images);
        foreach (var attack in context.Options.Attacks.Where(attack => attack is LabAttack.PatchedStub or LabAttack.PatchedWin32uStub))
        {
            _traces.Add(stubs.Patch(attack, attack == LabAttack.PatchedStub ? "NtReadVirtualMemory" : "NtUserGetAsyncKeyState"));
        }
    }

    private PlantedTrace UnlinkProcess(string name)
    {
        var process = Processes.Processes.Last(process => process.Name == name);
        Processes.Unlink(process);
        return new PlantedTrace(LabAttack.UnlinkedProcess, name, process.Object);
    }

    private PlantedTrace UnlinkThread(string name)
    {
        var thread = Processes.Processes.Last(process => process.Name == name).Threads[^1];
        Processes.UnlinkThread(thread);
        return new PlantedTrace(LabAttack.UnlinkedThread, name, thread.Object);
    }

    private PlantedTrace UnlinkDriver(string path)
    {
        var driver = Drivers.First(driver => driver.Path == path);
        Objects.Remove(Names.Driver, driver.Object);
        return new PlantedTrace(LabAttack.UnlinkedDriver, path, driver.Object);
    }

    private PlantedTrace UnlinkModule(string name)
    {
        var image = Drivers.First(driver => driver.Image.Name == name).Image;
        return new PlantedTrace(LabAttack.UnlinkedModule, name, Modules.Unlink(image), image.Base);
    }

    private PlantedTrace RegisterProcessRoutine()
    {
        var routine = _code.Add();
        Callbacks.AddNotify("process", routine);
        return new PlantedTrace(LabAttack.ForeignCallback, "process", routine, routine);
    }

    private List<PlantedTrace> RegisterEverywhere()
    {
        var before = Callbacks.Registered.Count;
        var owner = Drivers.First(driver => driver.Path == @"\FileSystem\Ntfs").Image;
        Callbacks.AddNotify("thread", _code.Add());
        Callbacks.AddNotify("image", _code.Add());
        Callbacks.AddRegistry(_code.Add(), "429999");
        Callbacks.AddObject(_code.Add(), _code.Add(), "429999");
        Callbacks.AddBugCheck(owner, _code.Add(), withReason: false);
        Callbacks.AddBugCheck(owner, _code.Add(), withReason: true);
        Callbacks.AddLogonSession(_code.Add());
        return [.. Callbacks.Registered.Skip(before).Select(callback => new PlantedTrace(LabAttack.ForeignRegistrations, callback.Kind, callback.Routine, callback.Routine))];
    }

    private PlantedTrace DivertFilter(string name)
    {
        var filters = Filters ?? throw new ArgumentException($"{context.Version} of x86 has no minifilters here: no layouts of its filter manager are known", nameof(name));
        var routine = _code.Add();
        return new PlantedTrace(LabAttack.ForeignFilter, name, filters.Divert(name, 0, routine), routine);
    }

    private PlantedTrace HideDesktop(string name)
    {
        if (Sessions.Layout is null)
        {
            throw new ArgumentException($"a desktop cannot be hidden in {context.Version} of x86: no layouts of its win32k are known", nameof(name));
        }

        var process = Processes.Create(new ProcessPlan("svchost.exe", "explorer.exe", 1, 2));
        Sessions.Join(process);
        var desktop = Sessions.CreateDesktop(1, "WinSta0", name);
        Sessions.AddThreads(desktop, process);
        Sessions.AddWindow(desktop, process.Threads[0], "browser", isVisible: true);
        return new PlantedTrace(LabAttack.HiddenDesktop, name, desktop.Object);
    }

    // ESC ] 0 ; ... BEL sets a terminal's title, ESC [ 2 J clears it; U+202E turns the text around.
    private List<PlantedTrace> NameHostile()
    {
        var process = Processes.Create(new ProcessPlan("\u001b]0;x\a\u001b[2Jx", "explorer.exe", 1, 1));
        Sessions.Join(process);
        const string Event = "\u001b[31m\u202Egnp.evil\r\n";
        return [new(LabAttack.HostileName, process.Name, process.Object), new(LabAttack.HostileName, Event, Names.CreateEvent(Event))];
    }
}
