using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Synchronization;

namespace NtScope.Lab.Drivers;

/// <summary>A driver in the machine.</summary>
public sealed class LabDriver
{
    private readonly LabKernel _kernel;
    private readonly LoadedDriver _driver;
    private readonly KernelObject _object;
    private readonly int _firstFinding;
    private LabUnloadReport? _unloaded;

    internal LabDriver(LabKernel kernel, LoadedDriver driver, KernelObject driverObject, int firstFinding)
    {
        _kernel = kernel;
        _driver = driver;
        _object = driverObject;
        _firstFinding = firstFinding;
    }

    /// <summary>The file name.</summary>
    public string Name => _driver.Name;

    /// <summary>Where the image lies.</summary>
    public VirtualAddress Base => new(_driver.Base);

    /// <summary>The address of the DRIVER_OBJECT.</summary>
    public VirtualAddress DriverObject => new(_object.Address);

    /// <summary>What DriverEntry returned.</summary>
    public NtStatus Status { get; internal set; }

    /// <summary>How the device that the machine has for it was added and started; null for a driver without an AddDevice routine.</summary>
    public NtStatus? StartStatus { get; internal set; }

    /// <summary>Imports that the executive does not implement; a call of one stops the machine.</summary>
    public IReadOnlyList<string> UnimplementedImports => _driver.Unimplemented;

    /// <summary>The names of its devices, or of what they are attached to; an unnamed one is empty.</summary>
    public IReadOnlyList<string> Devices =>
        _unloaded is not null ? [] : [.. _kernel.Devices.DevicesOf(_object.Address).Select(device => _kernel.Objects.Find(device)?.Name ?? _kernel.PlugAndPlay.NameBelow(device) ?? string.Empty)];

    /// <summary>What the driver did wrong so far.</summary>
    public IReadOnlyList<LabFinding> Findings => [.. _kernel.Verifier.Findings.Skip(_firstFinding).Where(finding => finding.Driver is null || finding.Driver == Name)];

    /// <summary>Unloads the driver and looks for what it left behind.</summary>
    /// <exception cref="MachineStoppedException">The driver's unload routine stopped the machine.</exception>
    public LabUnloadReport Unload()
    {
        if (_unloaded is not null)
        {
            return _unloaded;
        }

        _kernel.EnsureRunning();
        var filter = _kernel.Filters.FindOwner(_driver);
        var unload = filter?.Unload ?? _kernel.Memory.ReadUInt64(_object.Address + IoLayout.DriverUnload);
        if (Status == NtStatus.Success || (int)Status >= 0)
        {
            if (unload == 0)
            {
                return new LabUnloadReport(NtStatus.InvalidDeviceRequest, Findings);
            }

            _kernel.Threads.Settle();
            using (_kernel.AsSystem())
            {
                _kernel.PlugAndPlay.RemoveDevices(_object.Address);
                _kernel.Verifier.CallDriver("the unload routine", unload, filter is null ? _object.Address : 0);
                _kernel.Threads.Settle();
            }
        }

        _kernel.Framework.Release(_driver);
        LeakCheck.Run(_kernel, _driver, _object.Address);
        Remove();
        return _unloaded = new LabUnloadReport(NtStatus.Success, Findings);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private void Remove()
    {
        _kernel.Processes.Notify.RemoveAll(_driver);
        _kernel.Processes.Callbacks.RemoveAll(_driver);
        _kernel.RegistryCallbacks.RemoveAll(_driver);
        _kernel.SystemCallbacks.RemoveAll(_driver);
        _kernel.Network.RemoveAll(_driver);
        _kernel.Apcs.RemoveAll(apc => _kernel.Drivers.At(_kernel.Apcs.RoutineOf(apc)) == _driver);
        _kernel.Filters.Ports.RemoveAll(_driver);
        while (_kernel.Filters.FindOwner(_driver) is { } filter)
        {
            _kernel.Filters.Unregister(filter);
        }

        _kernel.Sections.UnmapAll(_driver);
        RemoveTimersAndCallbacks();
        foreach (var request in _kernel.Requests.HeldBy(_driver))
        {
            _kernel.Memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, 0);
        }

        foreach (var thread in _kernel.Threads.All.Where(thread => _kernel.Threads.RunsIn(thread, _driver)).ToArray())
        {
            _kernel.Threads.Abandon(thread);
        }

        foreach (var device in _kernel.Devices.DevicesOf(_object.Address).ToArray())
        {
            _kernel.Devices.DeleteDevice(device);
        }

        _kernel.Objects.Forget(_driver);
        _kernel.Objects.Dereference(_object);
        _kernel.Drivers.Remove(_driver);
        _kernel.Verifier.Forget(_driver);
        _kernel.Traces.Clear();
        _kernel.Windows.RemoveImage(_driver.ListEntry, _driver.ListedImage, _kernel.Clock.Now);
        _kernel.Memory.Unmap(_driver.Region);
        _kernel.Debugger?.OnModulesChanged();
    }

    private void RemoveTimersAndCallbacks()
    {
        foreach (var (address, timer) in _kernel.ExtendedTimers.Where(timer => timer.Value.Origin?.Driver == _driver).ToArray())
        {
            timer.Entry?.Cancel();
            _kernel.ExtendedTimers.Remove(address);
            _kernel.Pool.Free(address);
        }

        foreach (var (registration, item) in _kernel.CallbackRegistrations.ToArray())
        {
            if (((CallbackObject)item.State!).Routines.RemoveAll(routine => routine.Registration == registration && routine.Owner == _driver) > 0)
            {
                _kernel.CallbackRegistrations.Remove(registration);
                _kernel.Pool.Free(registration);
                _kernel.Objects.Dereference(item);
            }
        }
    }
}
