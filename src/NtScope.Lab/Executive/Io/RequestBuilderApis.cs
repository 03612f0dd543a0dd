using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Io;

/// <summary>IRPs that drivers have the I/O manager build for other devices.</summary>
internal sealed class RequestBuilderApis(LabKernel kernel) : IApiFamily
{
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("IoBuildDeviceIoControlRequest", Irql.Passive, BuildDeviceControl);
        table.Add("IoBuildSynchronousFsdRequest", Irql.Passive, (in ApiCall call) => BuildTransfer(call, isSynchronous: true, call[5], call[6]));
        table.Add("IoBuildAsynchronousFsdRequest", Irql.Dispatch, (in ApiCall call) => BuildTransfer(call, isSynchronous: false, 0, call[5]));
    }

    private ulong BuildTransfer(in ApiCall call, bool isSynchronous, ulong signal, ulong statusBlock)
    {
        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return 0;
        }

        var (major, device, buffer, length, start) = ((MajorFunction)call.UInt32(0), call[1], call[2], call.UInt32(3), call[4]);
        var request = kernel.Requests.Create(
            Math.Min(_memory.ReadByte(device + IoLayout.DeviceStackSize), (byte)LabLimits.StackLocations), ownedByExecutive: isSynchronous);
        var location = kernel.Requests.NextLocation(request.Irp);
        _memory.WriteByte(location, (byte)major);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserIosb, statusBlock);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserEvent, signal);
        if (major is not (MajorFunction.Read or MajorFunction.Write))
        {
            return request.Irp;
        }

        _memory.WriteUInt32(location + IoLayout.LocationParameters, length);
        _memory.WriteUInt64(location + IoLayout.LocationParameters + 16, start == 0 ? 0 : _memory.ReadUInt64(start));
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserBuffer, buffer);
        if (length > 0)
        {
            SetBuffer(request, device, buffer, Math.Min(length, LabLimits.DataBytes), isRead: major == MajorFunction.Read);
        }

        return request.Irp;
    }

    private void SetBuffer(IoRequest request, ulong device, ulong buffer, uint length, bool isRead)
    {
        var flags = _memory.ReadUInt32(device + IoLayout.DeviceFlags);
        if ((flags & IoLayout.BufferedIo) != 0)
        {
            var system = kernel.Pool.Allocate(length, "IoSB");
            if (!isRead)
            {
                _memory.Write(system, _memory.Span(buffer, (int)length));
            }

            _memory.WriteUInt64(request.Irp + IoLayout.IrpSystemBuffer, system);
            request.Completed = done =>
            {
                if (isRead && (int)done.Status >= 0)
                {
                    _memory.Write(buffer, _memory.Span(system, (int)Math.Min(done.Information, length)));
                }

                kernel.Pool.Free(system);
            };
        }
        else if ((flags & IoLayout.DirectIo) != 0)
        {
            var mdl = kernel.Mdls.Create(buffer, length);
            kernel.Mdls.Lock(mdl, write: isRead);
            _memory.WriteUInt64(request.Irp + IoLayout.IrpMdl, mdl);
            request.Completed = _ => kernel.Mdls.Free(mdl);
        }
    }

    private ulong BuildDeviceControl(in ApiCall call)
    {
        if (kernel.Faults.ShouldFail("IoBuildDeviceIoControlRequest", call.ReturnAddress))
        {
            return 0;
        }

        var (code, device) = (call.UInt32(0), call[1]);
        var (input, inputBytes, output, outputBytes) = (call[2], call.UInt32(3), call[4], call.UInt32(5));
        var (isInternal, signal, statusBlock) = (call.Flag(6), call[7], call[8]);
        var request = kernel.Requests.Create(Math.Min(_memory.ReadByte(device + IoLayout.DeviceStackSize), (byte)LabLimits.StackLocations));
        var location = kernel.Requests.NextLocation(request.Irp);
        _memory.WriteByte(location, (byte)(isInternal ? MajorFunction.InternalDeviceControl : MajorFunction.DeviceControl));
        _memory.WriteUInt32(location + IoLayout.LocationParameters, outputBytes);
        _memory.WriteUInt32(location + IoLayout.LocationParameters + 8, inputBytes);
        _memory.WriteUInt32(location + IoLayout.LocationParameters + 16, code);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserIosb, statusBlock);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserEvent, signal);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserBuffer, output);
        if ((code & 3) == 3)
        {
            _memory.WriteUInt64(location + IoLayout.LocationParameters + 24, input);
            return request.Irp;
        }

        var bytes = Math.Max(inputBytes, (code & 3) == 0 ? outputBytes : 0);
        var buffer = bytes == 0 ? 0 : kernel.Pool.Allocate(Math.Min(bytes, LabLimits.DataBytes), "IoSB");
        if (buffer != 0)
        {
            _memory.Write(buffer, _memory.Span(input, (int)inputBytes));
            _memory.WriteUInt64(request.Irp + IoLayout.IrpSystemBuffer, buffer);
        }

        var mdl = (code & 3) != 0 && output != 0 ? kernel.Mdls.Create(output, outputBytes) : 0;
        _memory.WriteUInt64(request.Irp + IoLayout.IrpMdl, mdl);
        request.Completed = done =>
        {
            if ((code & 3) == 0 && output != 0 && (int)done.Status >= 0)
            {
                _memory.Write(output, _memory.Span(buffer, (int)Math.Min(done.Information, outputBytes)));
            }

            if (buffer != 0)
            {
                kernel.Pool.Free(buffer);
            }

            if (mdl != 0)
            {
                kernel.Mdls.Free(mdl);
            }
        };
        return request.Irp;
    }
}
