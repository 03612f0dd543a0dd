using NtScope.Images;
using NtScope.Lab.Captures;
using NtScope.Lab.Executive;
using NtScope.Lab.Machine;
using NtScope.Targets;

namespace NtScope.Lab.Drivers;

/// <summary>
/// A machine that runs compiled x64 kernel drivers: an emulated processor with an executive behind the drivers' imports. It is used by
/// one thread at a time and holds native memory until it is disposed.
/// </summary>
/// <example>
/// <code>
/// using var machine = new LabMachine();
/// var driver = machine.LoadDriver("zero.sys");
/// using var device = machine.OpenDevice(@"\\.\Zero");
/// var read = device.Read(64);
/// var report = driver.Unload();
/// </code>
/// </example>
public sealed class LabMachine : IDisposable
{
    private readonly LabKernel _kernel;

    /// <summary>Makes a machine.</summary>
    /// <param name="options">How; null for the usual.</param>
    /// <exception cref="Cpu.CpuUnavailableException">The CPU emulator is not installed; the message says what to install.</exception>
    public LabMachine(LabMachineOptions? options = null)
    {
        _kernel = new LabKernel(options ?? new LabMachineOptions());
        Registry = new LabRegistry(_kernel);
        Files = new LabFiles(_kernel);
        Network = new LabNetwork(_kernel);
    }

    /// <summary>The files of volume C:, as a user-mode program reaches them.</summary>
    public LabFiles Files { get; }

    /// <summary>The registry, as a user-mode program reaches it.</summary>
    public LabRegistry Registry { get; }

    /// <summary>The network, as far as filters of drivers see it.</summary>
    public LabNetwork Network { get; }

    /// <summary>What drivers have printed, by line.</summary>
    public IReadOnlyList<string> DebugOutput => _kernel.Debug.Lines;

    /// <summary>What drivers have done wrong.</summary>
    public IReadOnlyList<LabFinding> Findings => _kernel.Verifier.Findings;

    /// <summary>Why the machine cannot go on; null while it can.</summary>
    public LabFinding? Stopped => _kernel.Stopped;

    /// <summary>How many calls drivers have made.</summary>
    public long Calls => _kernel.Executor.Calls;

    /// <summary>How many calls of drivers could have been made to fail; see <see cref="FaultInjection"/>.</summary>
    public int FallibleCalls => _kernel.Faults.Calls;

    /// <summary>The stack of the call that failed on purpose, the routine first; empty if none did.</summary>
    public IReadOnlyList<string> FailedCall => _kernel.Faults.FailedCall;

    /// <summary>The machine's time (UTC). It passes with calls of drivers and while everything waits.</summary>
    public DateTime Time => DateTime.FromFileTimeUtc(_kernel.Clock.Now);

    /// <summary>The processes that have not ended.</summary>
    public IReadOnlyCollection<LabProcess> Processes => _kernel.Processes.All;

    /// <summary>The process that acts where no other is named.</summary>
    public LabProcess Client => _kernel.Processes.Client;

    /// <summary>Names of all routines that the executive implements, ascending.</summary>
    public IReadOnlyList<string> ImplementedRoutines => [.. _kernel.Apis.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal)];

    /// <summary>Is told of each call of a driver: the routine's name and the place of the call.</summary>
    public Action<string, string>? Trace
    {
        set => _kernel.Executor.Trace = value is null ? null : (entry, at) => value(entry.Name, _kernel.Drivers.Describe(at));
    }

    /// <summary>Loads a driver file and calls its DriverEntry.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The driver; <see cref="LabDriver.Status"/> is what DriverEntry returned.</returns>
    /// <exception cref="InputException">The file is no x64 kernel driver.</exception>
    /// <exception cref="MachineStoppedException">DriverEntry stopped the machine.</exception>
    public LabDriver LoadDriver(string path)
    {
        _kernel.EnsureRunning();
        return Load(PeImage.FromFile(path), Path.GetFileName(path), path);
    }

    /// <summary>Loads a driver from its bytes and calls its DriverEntry.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="name">The file name.</param>
    public LabDriver LoadDriver(ReadOnlyMemory<byte> bytes, string name)
    {
        _kernel.EnsureRunning();
        return Load(PeImage.FromBytes(bytes, name), name, null);
    }

    /// <summary>Opens a device as CreateFile does.</summary>
    /// <param name="name">Its name: <c>\\.\Zero</c> or <c>\Device\Zero</c>.</param>
    /// <param name="by">Who opens it; null for <see cref="Client"/>.</param>
    /// <returns>The device; <see cref="LabDevice.OpenStatus"/> says whether it is open.</returns>
    public LabDevice OpenDevice(string name, LabProcess? by = null)
    {
        _kernel.EnsureRunning();
        var owner = by ?? Client;
        using var scope = _kernel.Processes.RunAs(owner);
        var status = _kernel.Clients.Open(name, out var file);
        _kernel.Threads.Settle();
        return new LabDevice(_kernel, file, owner, status);
    }

    /// <summary>Connects to a minifilter's communication port as FilterConnectCommunicationPort does.</summary>
    /// <param name="name">The port's name: <c>\BackupPort</c>.</param>
    /// <param name="receiver">Answers messages that the minifilter sends; null for a client that does not receive.</param>
    /// <param name="context">What the minifilter's connect routine is handed.</param>
    public LabFilterPort ConnectPort(string name, Func<byte[], byte[]?>? receiver = null, byte[]? context = null)
    {
        _kernel.EnsureRunning();
        var status = _kernel.Filters.Ports.Connect(name, context ?? [], receiver, out var client);
        _kernel.Threads.Settle();
        return new LabFilterPort(_kernel, client, status);
    }

    /// <summary>Starts a process; drivers that watch processes are told, and may deny it.</summary>
    /// <param name="path">The image's path (<c>C:\Windows\notepad.exe</c>).</param>
    /// <param name="commandLine">The command line; null for the path.</param>
    /// <param name="parent">Who starts it; null for <see cref="Client"/>.</param>
    /// <returns>The process; if a driver denied it, it is not alive and its <see cref="LabProcess.ExitStatus"/> is the driver's status.</returns>
    public LabProcess StartProcess(string path, string? commandLine = null, LabProcess? parent = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _kernel.EnsureRunning();
        var process = _kernel.Processes.StartProcess(path, commandLine ?? path, parent ?? Client);
        _kernel.Threads.Settle();
        return process;
    }

    /// <summary>
    /// The machine as a target for every analyser and for the debugger. Memory is read when it is asked for; which modules there are is as of now, so
    /// take a new target once drivers have come or gone. Dispose it before the machine.
    /// </summary>
    /// <param name="options">Symbols beside those next to driver files; null for none.</param>
    public Target AsTarget(TargetOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_kernel.IsDisposed, this);
        return _kernel.Observer.Open(options ?? new TargetOptions());
    }

    /// <summary>Saves the machine's memory as it is now. A machine that has stopped can be saved too.</summary>
    /// <param name="path">The file to write, over one that is there.</param>
    /// <param name="format">How it is saved.</param>
    /// <exception cref="IOException">The file could not be written.</exception>
    public MachineMemory Save(string path, CaptureFormat format)
    {
        ObjectDisposedException.ThrowIf(_kernel.IsDisposed, this);
        return _kernel.Observer.Save(format, path);
    }

    /// <summary>
    /// Shuts Windows down as far as drivers see it: IRP_MJ_SHUTDOWN goes to each device that is registered for it, the last registered one first, then to
    /// those registered for the last chance. The machine can be looked at afterwards, and drivers unloaded to see what they left.
    /// </summary>
    public void Shutdown()
    {
        _kernel.EnsureRunning();
        _kernel.Shutdown.Shutdown();
    }

    /// <summary>Ends a logon session; drivers that have marked it (SeMarkLogonSessionForTerminationNotification) are told.</summary>
    /// <param name="id">Its LUID.</param>
    public void EndLogonSession(ulong id)
    {
        _kernel.EnsureRunning();
        using var scope = _kernel.AsSystem();
        _kernel.Notifications.EndLogonSession(id);
        _kernel.Threads.Settle();
    }

    /// <summary>Lets time pass: timers expire, threads that sleep go on. What they do in a second is charged to one budget.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        _kernel.EnsureRunning();
        var end = _kernel.Clock.Resolve(-time.Ticks);
        var renewed = _kernel.Clock.Now;
        _kernel.Threads.Settle();
        while (_kernel.Clock.Advance(end))
        {
            _kernel.Verifier.Charge(LabLimits.BlocksOfCall);
            _kernel.Threads.Settle();
            if (_kernel.Clock.Now - renewed >= TimeSpan.TicksPerSecond)
            {
                renewed = _kernel.Clock.Now;
                _kernel.Verifier.RenewBudget();
            }
        }

        _kernel.Clock.MoveTo(end);
    }

    /// <inheritdoc/>
    public void Dispose() => _kernel.Dispose();

    /// <summary>The executive, for who debugs the machine.</summary>
    internal LabKernel Kernel => _kernel;

    private LabDriver Load(PeImage image, string name, string? path)
    {
        var firstFinding = _kernel.Verifier.Findings.Count;
        var loaded = _kernel.Loader.Load(image, name, path);
        loaded.ListEntry = _kernel.Windows.AddImage(loaded.ListedImage);
        var item = _kernel.Devices.CreateDriver(loaded);
        loaded.DriverObject = item.Address;
        _kernel.Debugger?.OnModulesChanged();
        var driver = new LabDriver(_kernel, loaded, item, firstFinding);
        using (_kernel.AsSystem())
        {
            _kernel.Processes.Notify.ImageLoaded(@"\SystemRoot\System32\drivers\" + name, 0, loaded.Base, image.SizeOfImage, isSystem: true);
            _kernel.Configuration.AddService(name);
            var registryPath = _kernel.Devices.RegistryPath(item);
            driver.Status = (NtStatus)(uint)_kernel.Verifier.CallDriver("DriverEntry", loaded.Base + image.EntryPoint, item.Address, registryPath);
            _kernel.Devices.FinishInitialization(item.Address);
            if ((int)driver.Status >= 0)
            {
                driver.StartStatus = _kernel.PlugAndPlay.AddDevice(item.Address);
            }

            _kernel.Threads.Settle();
        }

        if ((int)driver.Status < 0)
        {
            _ = driver.Unload();
        }
        else
        {
            _kernel.Loader.DiscardInitialization(loaded);
        }

        return driver;
    }
}
