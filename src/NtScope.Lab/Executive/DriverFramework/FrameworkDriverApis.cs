using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Drivers of the framework, and control devices before they are made.</summary>
internal sealed class FrameworkDriverApis(LabKernel kernel) : IApiFamily
{
    private const uint NonPnp = 1;
    private const uint NoDispatchOverride = 2;
    private const uint Major = 1;
    private const uint Minor = 31;

    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfDriverCreate", Irql.Passive, Create);
        table.Add("WdfDriverGetRegistryPath", Irql.Passive, (in ApiCall call) => Objects.Get<FrameworkDriver>(call, 1).RegistryPath);
        table.Add("WdfDriverWdmGetDriverObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDriver>(call, 1).Client.DriverObject);
        table.Add("WdfWdmDriverGetWdfDriverHandle", Irql.Dispatch, (in ApiCall call) =>
            kernel.Framework.ClientOf(call) is var client && client.DriverObject == call[1] ? client.Driver?.Handle ?? 0 : 0);
        table.Status("WdfDriverRetrieveVersionString", Irql.Passive, RetrieveVersion);
        table.Add("WdfDriverIsVersionAvailable", Irql.Passive, IsAvailable);
        table.Add("WdfControlDeviceInitAllocate", Irql.Passive, AllocateControl);
        table.Void("WdfControlFinishInitializing", Irql.Dispatch, (in ApiCall call) => kernel.Framework.Devices.FinishInitializing(Objects.Get<FrameworkDevice>(call, 1)));
        table.Void("WdfVerifierDbgBreakPoint", Irql.High, (in ApiCall _) => { });
        table.Void("WdfVerifierKeBugCheck", Irql.High, (in ApiCall call) =>
            throw kernel.BugCheck((BugCheckCode)call.UInt32(1), [call[2], call[3], call[4], call[5]], "WdfVerifierKeBugCheck"));
    }

    private NtStatus Create(in ApiCall call)
    {
        var memory = kernel.Memory;
        var client = kernel.Framework.ClientOf(call);
        var config = call[4];
        if (memory.ReadUInt32(config) != FrameworkLayout.DriverConfigBytes)
        {
            return NtStatus.InfoLengthMismatch;
        }

        if (client.Driver is not null)
        {
            return NtStatus.InvalidDeviceState;
        }

        // The driver's object has no parent; one that stands in takes the place while the attributes are checked.
        var status = Objects.Begin(call, 3, new FrameworkObject(client), takesParent: false, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var flags = memory.ReadUInt32(config + FrameworkLayout.DriverConfigFlags);
        if (memory.ReadUInt32(config + FrameworkLayout.DriverConfigTag) is var tag and not 0)
        {
            client.Tag = tag;
            memory.WriteUInt32(client.Globals + FrameworkLayout.GlobalsTag, tag);
        }

        var key = call.UnicodeString(2);
        var path = kernel.Pool.Allocate((ulong)(key.Length + 1) * 2, "FxDr");
        memory.WriteString(path, key);
        var driver = new FrameworkDriver(client)
        {
            DeviceAdd = memory.ReadUInt64(config + FrameworkLayout.DriverConfigDeviceAdd),
            Unload = memory.ReadUInt64(config + FrameworkLayout.DriverConfigUnload),
            RegistryPath = path,
            RegistryKey = key,
            IsDeletable = false,
            Destroyed = () => kernel.Pool.Free(path),
        };
        status = Objects.Add(driver, setup.Attributes, null);
        if (status != NtStatus.Success)
        {
            kernel.Pool.Free(path);
            return status;
        }

        client.Driver = driver;
        memory.WriteUInt64(client.Globals + FrameworkLayout.GlobalsDriver, driver.Handle);
        memory.WriteUInt32(client.Globals + FrameworkLayout.GlobalsFlags, flags);
        TakeOver(client, driver, flags);
        if (call[5] != 0)
        {
            memory.WriteUInt64(call[5], driver.Handle);
        }

        return NtStatus.Success;
    }

    // A driver outside of Plug and Play without EvtDriverUnload cannot be unloaded.
    private void TakeOver(FrameworkClient client, FrameworkDriver driver, uint flags)
    {
        if ((flags & NoDispatchOverride) != 0)
        {
            return;
        }

        var (memory, address, isPnp) = (kernel.Memory, client.DriverObject, (flags & NonPnp) == 0);
        for (var i = 0UL; i < (ulong)DispatchNames.Count; i++)
        {
            memory.WriteUInt64(address + IoLayout.DriverMajorFunction + (i * 8), kernel.Framework.DispatchTrap);
        }

        if (isPnp)
        {
            memory.WriteUInt64(memory.ReadUInt64(address + IoLayout.DriverExtension) + IoLayout.ExtensionAddDevice, kernel.Framework.AddDeviceTrap);
        }

        if (isPnp || driver.Unload != 0)
        {
            memory.WriteUInt64(address + IoLayout.DriverUnload, kernel.Framework.UnloadTrap);
            memory.WriteByte(client.Globals + FrameworkLayout.GlobalsDisplaceUnload, 1);
        }
    }

    private NtStatus RetrieveVersion(in ApiCall call)
    {
        Objects.Get<FrameworkDriver>(call, 1);
        Objects.Get<FrameworkString>(call, 2).Set($"Kernel Mode Driver Framework version {Major}.{Minor}");
        return NtStatus.Success;
    }

    private ulong IsAvailable(in ApiCall call)
    {
        Objects.Get<FrameworkDriver>(call, 1);
        return kernel.Memory.ReadUInt32(call[2] + 4) == Major && kernel.Memory.ReadUInt32(call[2] + 8) <= Minor ? 1UL : 0;
    }

    private ulong AllocateControl(in ApiCall call)
    {
        var driver = Objects.Get<FrameworkDriver>(call, 1);
        return kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress)
            ? 0
            : kernel.Framework.NewInit(driver.Client, DeviceRole.Control, 0, kernel.Traces.Capture()).Address;
    }
}
