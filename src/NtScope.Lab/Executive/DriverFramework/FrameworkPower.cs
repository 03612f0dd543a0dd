using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Plug and Play and power: devices are started, and removed when their driver is unloaded.</summary>
internal sealed class FrameworkPower(LabKernel kernel)
{
    private const ulong FinalState = 5;
    private const ulong StopForRemoval = 2;
    private const ulong StopCancelable = 0x1000_0000;

    // The places in WDF_PNPPOWER_EVENT_CALLBACKS.
    private static readonly string[] Names =
    [
        "EvtDeviceD0Entry", "EvtDeviceD0EntryPostInterruptsEnabled", "EvtDeviceD0Exit", "EvtDeviceD0ExitPreInterruptsDisabled", "EvtDevicePrepareHardware",
        "EvtDeviceReleaseHardware", "EvtDeviceSelfManagedIoCleanup", "EvtDeviceSelfManagedIoFlush", "EvtDeviceSelfManagedIoInit", "EvtDeviceSelfManagedIoSuspend",
        "EvtDeviceSelfManagedIoRestart", "EvtDeviceSurpriseRemoval", "EvtDeviceQueryRemove",
    ];

    /// <summary>Serves IRP_MJ_PNP.</summary>
    public NtStatus Dispatch(FrameworkDevice device, ulong irp, byte minor)
    {
        if (device.Below == 0)
        {
            kernel.Framework.Requests.CompleteIrp(irp, NtStatus.InvalidDeviceRequest, 0);
            return NtStatus.InvalidDeviceRequest;
        }

        switch ((PnpFunction)minor)
        {
            case PnpFunction.StartDevice:
                var status = kernel.Framework.Sender.SendAndWait(device.Below, irp);
                status = (int)status < 0 ? status : Start(device);
                kernel.Framework.Requests.CompleteIrp(irp, status, 0);
                return status;
            case PnpFunction.QueryRemoveDevice:
                status = Call(device, "EvtDeviceQueryRemove");
                if ((int)status < 0)
                {
                    kernel.Framework.Requests.CompleteIrp(irp, status, 0);
                    return status;
                }

                break;
            case PnpFunction.RemoveDevice:
                Stop(device);
                status = kernel.Framework.Sender.Skip(device.Below, irp);
                kernel.Framework.Objects.Delete(device);
                return status;
        }

        return kernel.Framework.Sender.Skip(device.Below, irp);
    }

    private NtStatus Start(FrameworkDevice device)
    {
        // There are no hardware resources: both lists are empty.
        var status = Call(device, "EvtDevicePrepareHardware", 0, 0);
        if ((int)status < 0)
        {
            Call(device, "EvtDeviceReleaseHardware", 0);
            return status;
        }

        device.IsStarted = true;
        status = Call(device, "EvtDeviceD0Entry", FinalState);
        if ((int)status < 0)
        {
            return status;
        }

        device.IsPowered = true;
        status = Call(device, "EvtDeviceD0EntryPostInterruptsEnabled", FinalState);
        foreach (var queue in device.Queues.ToArray())
        {
            kernel.Framework.Queues.Run(queue);
        }

        return (int)status < 0 ? status : Call(device, "EvtDeviceSelfManagedIoInit");
    }

    private void Stop(FrameworkDevice device)
    {
        if (!device.IsStarted)
        {
            return;
        }

        device.IsStarted = false;
        if (device.IsPowered)
        {
            Call(device, "EvtDeviceSelfManagedIoSuspend");
            foreach (var request in device.Queues.Where(queue => queue.IsPowerManaged).SelectMany(queue => queue.Presented).ToArray())
            {
                if (request is { IsCompleted: false, Queue: { OnStop: not 0 } queue })
                {
                    var flags = StopForRemoval | (request.OnCancel != 0 ? StopCancelable : 0);
                    kernel.Framework.Callbacks.AtLevelOf(queue, () => kernel.Framework.Callbacks.Call(queue, "EvtIoStop", queue.OnStop, queue.Handle, request.Handle, flags));
                }
            }

            Call(device, "EvtDeviceD0ExitPreInterruptsDisabled", FinalState);
            device.IsPowered = false;
            Call(device, "EvtDeviceD0Exit", FinalState);
        }

        Call(device, "EvtDeviceReleaseHardware", 0);
        foreach (var queue in device.Queues)
        {
            kernel.Framework.Queues.Purge(queue, NtStatus.Cancelled);
        }

        Call(device, "EvtDeviceSelfManagedIoFlush");
        Call(device, "EvtDeviceSelfManagedIoCleanup");
    }

    private NtStatus Call(FrameworkDevice device, string name, params ReadOnlySpan<ulong> arguments)
    {
        var routine = device.Setup.PowerEvents[Array.IndexOf(Names, name)];
        return routine == 0 ? NtStatus.Success : (NtStatus)(uint)kernel.Verifier.CallDriver(name, routine, [device.Handle, .. arguments]);
    }
}
