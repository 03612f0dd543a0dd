using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>What drivers say of devices before they make them.</summary>
internal sealed class DeviceInitApis(LabKernel kernel) : IApiFamily
{
    private const uint NoFileObjects = 1;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("WdfDeviceInitFree", Irql.Passive, (in ApiCall call) => kernel.Framework.FreeInit(kernel.Framework.ClientOf(call), InitOf(call)));
        table.Void("WdfDeviceInitSetIoType", Irql.Passive, (in ApiCall call) => InitOf(call).IoType = call.UInt32(2));
        table.Void("WdfDeviceInitSetExclusive", Irql.Passive, (in ApiCall call) => InitOf(call).IsExclusive = call.Flag(2));
        table.Void("WdfDeviceInitSetDeviceType", Irql.Passive, (in ApiCall call) => InitOf(call).DeviceType = call.UInt32(2));
        table.Void("WdfDeviceInitSetCharacteristics", Irql.Passive, (in ApiCall call) =>
            InitOf(call).Characteristics = call.UInt32(2) | (call.Flag(3) ? InitOf(call).Characteristics : 0));
        table.Status("WdfDeviceInitAssignName", Irql.Passive, AssignName);
        table.Status("WdfDeviceInitAssignSDDLString", Irql.Passive, (in ApiCall call) => Succeed(InitOf(call)));
        table.Void("WdfDeviceInitSetDeviceClass", Irql.Passive, (in ApiCall call) => InitOf(call));
        table.Void("WdfDeviceInitSetPowerPolicyOwnership", Irql.Passive, (in ApiCall call) => InitOf(call));
        table.Void("WdfDeviceInitSetPowerPolicyEventCallbacks", Irql.Passive, (in ApiCall call) => InitOf(call));
        table.Void("WdfDeviceInitSetPowerPageable", Irql.Passive, (in ApiCall call) => InitOf(call));
        table.Alias("WdfDeviceInitSetPowerPageable", "WdfDeviceInitSetPowerNotPageable", "WdfDeviceInitSetPowerInrush");
        table.Void("WdfDeviceInitSetFileObjectConfig", Irql.Passive, SetFileObjectConfig);
        table.Void("WdfDeviceInitSetRequestAttributes", Irql.Passive, (in ApiCall call) =>
            InitOf(call).RequestAttributes = FrameworkAttributes.Read(kernel.Memory, call[2]));
        table.Void("WdfDeviceInitSetIoInCallerContextCallback", Irql.Passive, (in ApiCall call) => InitOf(call).InCallerContext = call[2]);
        table.Void("WdfDeviceInitSetPnpPowerEventCallbacks", Irql.Passive, SetPowerEvents);
        table.Void("WdfControlDeviceInitSetShutdownNotification", Irql.Passive, (in ApiCall call) =>
        {
            var init = InitOf(call);
            (init.Shutdown, init.ShutdownFlags) = (call[2], call.UInt32(3));
        });
        table.Status("WdfDeviceInitAssignWdmIrpPreprocessCallback", Irql.Passive, AssignPreprocess);
        table.Void("WdfFdoInitSetFilter", Irql.Passive, (in ApiCall call) => InitOf(call).Role = DeviceRole.Filter);
        table.Add("WdfFdoInitWdmGetPhysicalDevice", Irql.Passive, (in ApiCall call) => InitOf(call).PhysicalDevice);
    }

    private DeviceInit InitOf(in ApiCall call) => kernel.Framework.InitOf(call, call[1]);

    private static NtStatus Succeed(DeviceInit _) => NtStatus.Success;

    private NtStatus AssignName(in ApiCall call)
    {
        InitOf(call).Name = call[2] == 0 ? string.Empty : call.UnicodeString(2);
        return NtStatus.Success;
    }

    private NtStatus AssignPreprocess(in ApiCall call)
    {
        var (init, count) = (InitOf(call), call.UInt32(5));
        if (call.UInt32(3) > (uint)MajorFunction.Pnp || count > byte.MaxValue)
        {
            return NtStatus.InvalidParameter;
        }

        var minors = kernel.Memory.Span(call[4], (int)count).ToArray();
        return init.Preprocess.TryAdd((MajorFunction)call.UInt32(3), (call[2], minors)) ? NtStatus.Success : NtStatus.InvalidDeviceRequest;
    }

    private void SetFileObjectConfig(in ApiCall call)
    {
        var (memory, init, config) = (kernel.Memory, InitOf(call), call[2]);
        if (memory.ReadUInt32(config) < FrameworkLayout.FileConfigBytes)
        {
            throw kernel.Framework.WrongSize(call, "WDF_FILEOBJECT_CONFIG");
        }

        init.FileCreate = memory.ReadUInt64(config + FrameworkLayout.FileConfigCreate);
        init.FileClose = memory.ReadUInt64(config + FrameworkLayout.FileConfigClose);
        init.FileCleanup = memory.ReadUInt64(config + FrameworkLayout.FileConfigCleanup);
        init.ForwardsFiles = memory.ReadUInt32(config + FrameworkLayout.FileConfigForward);
        init.HasFiles = (memory.ReadUInt32(config + FrameworkLayout.FileConfigClass) & 0xFFFF) > NoFileObjects;
        init.FileAttributes = FrameworkAttributes.Read(memory, call[3]);
    }

    private void SetPowerEvents(in ApiCall call)
    {
        if (kernel.Memory.ReadUInt32(call[2]) < FrameworkLayout.PowerEventsBytes)
        {
            throw kernel.Framework.WrongSize(call, "WDF_PNPPOWER_EVENT_CALLBACKS");
        }

        var events = InitOf(call).PowerEvents;
        for (var i = 0; i < events.Length && (ulong)(i + 2) * 8 <= kernel.Memory.ReadUInt32(call[2]); i++)
        {
            events[i] = kernel.Memory.ReadUInt64(call[2] + 8 + ((ulong)i * 8));
        }
    }
}
