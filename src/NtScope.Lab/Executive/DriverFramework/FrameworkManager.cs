using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>The Kernel-Mode Driver Framework: drivers that are bound to it, and its parts.</summary>
internal sealed class FrameworkManager
{
    // Up to 1.13 the functions are copied to the driver's memory; since then the driver gets a pointer to them.
    private const uint MostCopiedFunctions = 438;
    private const uint MostFunctions = 512;
    private readonly LabKernel _kernel;
    private readonly GuestMemory _memory;
    private readonly Dictionary<ulong, FrameworkClient> _clients = [];

    /// <summary>A framework without drivers.</summary>
    public FrameworkManager(LabKernel kernel)
    {
        _kernel = kernel;
        _memory = kernel.Memory;
        Objects = new FrameworkObjects(kernel);
        Callbacks = new FrameworkCallbacks(kernel);
        Queues = new FrameworkQueues(kernel);
        Requests = new FrameworkRequests(kernel);
        Devices = new FrameworkDevices(kernel);
        Power = new FrameworkPower(kernel);
        Sender = new IrpSender(kernel);
    }

    /// <summary>Objects and their handles.</summary>
    public FrameworkObjects Objects { get; }

    /// <summary>Calls of event routines.</summary>
    public FrameworkCallbacks Callbacks { get; }

    /// <summary>Requests in queues.</summary>
    public FrameworkQueues Queues { get; }

    /// <summary>Requests.</summary>
    public FrameworkRequests Requests { get; }

    /// <summary>Devices.</summary>
    public FrameworkDevices Devices { get; }

    /// <summary>Plug and Play and power.</summary>
    public FrameworkPower Power { get; }

    /// <summary>IRPs that go down.</summary>
    public IrpSender Sender { get; }

    /// <summary>The cancel routine of the framework's IRPs.</summary>
    public ulong CancelTrap => field != 0 ? field : field = TrapOf("FxIrpQueue::_WdmCancelRoutineInternal", (in ApiCall call) => Requests.OnCancel(call));

    /// <summary>The completion routine of IRPs that the framework sends.</summary>
    public ulong CompletionTrap => field != 0 ? field : field = TrapOf("FxIoTarget::_RequestCompletionRoutine", (in ApiCall call) => (uint)Sender.OnCompleted(call));

    /// <summary>The dispatch routine of the framework's drivers.</summary>
    public ulong DispatchTrap => field != 0 ? field : field = TrapOf("FxDevice::DispatchWithLock", (in ApiCall call) => (uint)Devices.Dispatch(call[0], call[1]));

    /// <summary>The AddDevice routine of the framework's drivers.</summary>
    public ulong AddDeviceTrap => field != 0 ? field : field = TrapOf("FxDriver::AddDevice", (in ApiCall call) => (uint)AddDevice(call[0], call[1]));

    /// <summary>The unload routine of the framework's drivers.</summary>
    public ulong UnloadTrap => field != 0 ? field : field = TrapOf("FxDriver::Unload", (in ApiCall call) => Unload(call[0]));

    /// <summary>The driver that calls: the first argument of each function is its globals.</summary>
    public FrameworkClient ClientOf(in ApiCall call)
    {
        if (_clients.TryGetValue(call[0], out var client))
        {
            return client;
        }

        _kernel.Verifier.Report("bad-object", $"{call.Entry.Name} takes WdfDriverGlobals; 0x{call[0]:x} is something else", call.Entry.Name);
        throw Objects.Violation(5, call[0], "a driver calls the framework that is not bound to it");
    }

    /// <summary>The request of an IRP, or null.</summary>
    public FrameworkRequest? RequestOf(ulong irp)
    {
        foreach (var client in _clients.Values)
        {
            if (client.Requests.TryGetValue(irp, out var request))
            {
                return request;
            }
        }

        return null;
    }

    /// <summary>What WdfVersionBind does.</summary>
    /// <param name="driverObject">The driver.</param>
    /// <param name="info">Its WDF_BIND_INFO.</param>
    /// <param name="globals">Where the address of its globals goes.</param>
    public NtStatus Bind(ulong driverObject, ulong info, ulong globals)
    {
        var count = _memory.ReadUInt32(info + FrameworkLayout.BindFunctionCount);
        var target = _memory.ReadUInt64(info + FrameworkLayout.BindFunctionTable);
        if (_kernel.Objects.Find(driverObject)?.State is not LoadedDriver driver || _memory.ReadUInt32(info) < FrameworkLayout.BindInfoBytes
            || _memory.ReadUInt32(info + FrameworkLayout.BindVersionMajor) != 1 || count is 0 or > MostFunctions || target == 0)
        {
            return NtStatus.InvalidParameter;
        }

        var isCopied = count <= MostCopiedFunctions;
        var table = isCopied ? 0 : _kernel.Pool.Allocate((ulong)count * 8, "FxDr");
        for (var i = 0; i < count; i++)
        {
            _memory.WriteUInt64((isCopied ? target : table) + ((ulong)i * 8), _kernel.Traps.AddressOf(_kernel.Loader.EntryOf(FrameworkFunctions.NameOf(i))));
        }

        if (!isCopied)
        {
            _memory.WriteUInt64(target, table);
        }

        if (_memory.ReadUInt32(info) > FrameworkLayout.BindInfoBytes && _memory.ReadUInt64(info + FrameworkLayout.BindClientIsHigher) is var isHigher and not 0)
        {
            _memory.WriteByte(isHigher, 0);
        }

        var block = _kernel.Pool.Allocate(FrameworkLayout.GlobalsBytes, "FxDr");
        var name = Encoding.ASCII.GetBytes(Path.GetFileNameWithoutExtension(driver.Name));
        _memory.Write(block + FrameworkLayout.GlobalsName, name.AsSpan(0, Math.Min(name.Length, FrameworkLayout.GlobalsNameBytes - 1)));
        _memory.WriteUInt64(globals, block);
        var tag = Pool.PoolManager.TagOf("FxDr");
        _memory.WriteUInt32(block + FrameworkLayout.GlobalsTag, tag);
        _clients.Add(block, new FrameworkClient(driver, block, table, _kernel.Traces.Capture()) { Tag = tag });
        return NtStatus.Success;
    }

    /// <summary>What WdfVersionUnbind does: everything of the driver goes, and what it has not let go is told.</summary>
    public NtStatus Unbind(ulong globals)
    {
        if (!_clients.TryGetValue(globals, out var client))
        {
            return NtStatus.InvalidParameter;
        }

        if (client.Driver is { } driver)
        {
            Objects.Delete(driver);
        }

        foreach (var init in client.Inits.Values.Where(init => init.Origin is not null))
        {
            Report(client, $"a WDFDEVICE_INIT is neither used nor freed; {_kernel.Drivers.Describe(init.Origin!.Place)} allocated it", init.Origin);
        }

        foreach (var item in Objects.Of(client).ToArray())
        {
            var where = item.ReferencedBy is null ? string.Empty : $"; {_kernel.Drivers.Describe(item.ReferencedBy.Place)} took the last";
            Report(client, $"{item.References} references to a {item.TypeName} are not given back{where}", item.ReferencedBy);
        }

        Forget(client);
        return NtStatus.Success;
    }

    /// <summary>Lets go of a driver that is unloaded.</summary>
    public void Release(LoadedDriver driver)
    {
        foreach (var client in _clients.Values.Where(client => client.Loaded == driver).ToArray())
        {
            Report(client, "the driver is still bound to the framework: WdfVersionUnbind was not called", client.Origin);
            Forget(client);
        }
    }

    /// <summary>A notification event that is not set.</summary>
    public ulong NewEvent()
    {
        var signal = _kernel.Pool.Allocate(FrameworkLayout.EventBytes, "FxEv");
        _kernel.Dispatcher.InitializeEvent(signal);
        return signal;
    }

    /// <summary>Makes a WDFDEVICE_INIT.</summary>
    public DeviceInit NewInit(FrameworkClient client, DeviceRole role, ulong physicalDevice, StackTrace? origin)
    {
        if (client.Inits.Count >= LabLimits.Links)
        {
            throw _kernel.Stop("handles", $"a driver describes {LabLimits.Links} devices");
        }

        var init = new DeviceInit(_kernel.Pool.Allocate(0x10, "FxDr"), role, physicalDevice, origin);
        client.Inits.Add(init.Address, init);
        return init;
    }

    /// <summary>The WDFDEVICE_INIT at an address that a driver passes; anything else stops the machine.</summary>
    public DeviceInit InitOf(in ApiCall call, ulong address)
    {
        if (ClientOf(call).Inits.TryGetValue(address, out var init))
        {
            return init;
        }

        _kernel.Verifier.Report("bad-object", $"{call.Entry.Name} takes a WDFDEVICE_INIT; 0x{address:x} is none, or is used up", call.Entry.Name);
        throw Objects.Violation(5, address, "a driver passes something else than a WDFDEVICE_INIT");
    }

    /// <summary>Stops the machine: a structure that a driver passes has the wrong size.</summary>
    public MachineStoppedException WrongSize(in ApiCall call, string structure)
    {
        _kernel.Verifier.Report("bad-object", $"{call.Entry.Name} takes a {structure}; its Size is not that of one", call.Entry.Name);
        return Objects.Violation(1, call[2], "a structure has the wrong size");
    }

    /// <summary>Frees a WDFDEVICE_INIT.</summary>
    public void FreeInit(FrameworkClient client, DeviceInit init)
    {
        client.Inits.Remove(init.Address);
        _kernel.Pool.Free(init.Address);
    }

    private void Report(FrameworkClient client, string detail, StackTrace? origin) => _kernel.Verifier.ReportLeft("object-leak", detail, client.Loaded, origin);

    private NtStatus AddDevice(ulong driverObject, ulong physicalDevice)
    {
        if (_clients.Values.FirstOrDefault(client => client.DriverObject == driverObject) is not { Driver: { DeviceAdd: not 0 } driver } client)
        {
            return NtStatus.InvalidDeviceState;
        }

        var init = NewInit(client, DeviceRole.Function, physicalDevice, null);
        var status = (NtStatus)(uint)_kernel.Verifier.CallDriver("EvtDriverDeviceAdd", driver.DeviceAdd, driver.Handle, init.Address);
        if (client.Inits.ContainsKey(init.Address))
        {
            // A function driver may succeed only with a device; a driver may pass by not making one.
            FreeInit(client, init);
        }

        foreach (var device in Devices.Of(client).Where(device => device.Setup.PhysicalDevice == physicalDevice).ToArray())
        {
            if ((int)status < 0)
            {
                Objects.Delete(device);
            }
            else
            {
                Devices.FinishInitializing(device);
            }
        }

        return status;
    }

    private ulong Unload(ulong driverObject)
    {
        if (_clients.Values.FirstOrDefault(client => client.DriverObject == driverObject)?.Driver is { Unload: not 0 } driver)
        {
            _kernel.Verifier.CallDriver("EvtDriverUnload", driver.Unload, driver.Handle);
        }

        return 0;
    }

    private void Forget(FrameworkClient client)
    {
        foreach (var item in Objects.Of(client).ToArray())
        {
            if (!item.IsDeleted)
            {
                item.IsDeleted = true;
                item.Disposing?.Invoke();
            }

            Objects.End(item);
            item.Destroyed?.Invoke();
        }

        foreach (var init in client.Inits.Values.ToArray())
        {
            FreeInit(client, init);
        }

        _clients.Remove(client.Globals);
        _kernel.Pool.Free(client.Globals);
        if (client.Table != 0)
        {
            _kernel.Pool.Free(client.Table);
        }
    }

    private ulong TrapOf(string name, ValueHandler handler) => _kernel.Traps.AddressOf(new ApiEntry(name, Irql.Dispatch, handler));
}
