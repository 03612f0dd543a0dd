using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Sends IRPs down a stack, for framework devices.</summary>
internal sealed class IrpSender(LabKernel kernel)
{
    private const byte AlwaysComplete = 0xE0;
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, Action<NtStatus>> _sent = [];

    /// <summary>Passes an IRP on as if the device were not there.</summary>
    public NtStatus Skip(ulong device, ulong irp)
    {
        var location = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation);
        var control = location + IoLayout.LocationControl;
        var wasPended = (_memory.ReadByte(control) & IoLayout.PendingReturned) != 0;
        _memory.WriteByte(control, (byte)(_memory.ReadByte(control) & ~IoLayout.PendingReturned));
        _memory.WriteUInt64(irp + IoLayout.IrpStackLocation, location + IoLayout.LocationBytes);
        _memory.WriteByte(irp + IoLayout.IrpCurrentLocation, (byte)(_memory.ReadByte(irp + IoLayout.IrpCurrentLocation) + 1));
        var request = kernel.Requests.All.GetValueOrDefault(irp);
        var status = kernel.Requests.CallDriver(device, irp);
        if (wasPended && status != NtStatus.Pending)
        {
            request?.PendedLocations.Add(location);
        }

        return status;
    }

    /// <summary>Sends an IRP and gets it back.</summary>
    /// <param name="device">Where it goes.</param>
    /// <param name="irp">The IRP; the next driver sees what this one saw.</param>
    /// <param name="back">What is done when it is back, with its status.</param>
    public NtStatus Send(ulong device, ulong irp, Action<NtStatus> back)
    {
        var current = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation);
        var next = current - IoLayout.LocationBytes;
        _memory.Write(next, _memory.Span(current, (int)IoLayout.LocationCompletion));
        _memory.WriteByte(next + IoLayout.LocationControl, AlwaysComplete);
        _memory.WriteUInt64(next + IoLayout.LocationCompletion, kernel.Framework.CompletionTrap);
        _memory.WriteUInt64(next + IoLayout.LocationContext, 0);
        _sent[irp] = back;
        return kernel.Requests.CallDriver(device, irp);
    }

    /// <summary>Sends an IRP and waits until it is back.</summary>
    public NtStatus SendAndWait(ulong device, ulong irp)
    {
        NtStatus? result = null;
        var signal = kernel.Framework.NewEvent();
        Send(device, irp, status =>
        {
            result = status;
            kernel.Dispatcher.Signal(signal, 1);
        });
        if (result is null)
        {
            kernel.Dispatcher.WaitFor([signal], all: false, null);
        }

        kernel.Pool.Free(signal);
        return result!.Value;
    }

    /// <summary>Serves the completion routine that the framework sets.</summary>
    public NtStatus OnCompleted(in ApiCall call)
    {
        var irp = call[1];
        if (_sent.Remove(irp, out var back))
        {
            back((NtStatus)_memory.ReadUInt32(irp + IoLayout.IrpStatus));
        }

        return NtStatus.MoreProcessingRequired;
    }
}
