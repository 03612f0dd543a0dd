using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Io;

/// <summary>IRPs that drivers have the I/O manager build for other devices.</summary>
internal sealed class RequestBuilderApis(LabKernel kernel) : IApiFamily
{
    private const uint Buffered = 0;
    private const uint OutDirect = 2;
    private const uint Neither = 3;
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
        var (major, device, buffer, length, start) = ((MajorFunction)call.UInt32(0), call[1], call[2], call.UInt32(3), call[4]);
        if (Create(call, device, ownedByExecutive: isSynchronous) is not { } request)
        {
            return 0;
        }

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

    private IoRequest? Create(in ApiCall call, ulong device, bool ownedByExecutive) => kernel.Requests.CreateForDriver(
        Math.Min(_memory.ReadByte(device + IoLayout.DeviceStackSize), (byte)LabLimits.StackLocations), call.ReturnAddress, ownedByExecutive);

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
            LockBuffer(request, buffer, length, write: isRead);
        }
    }

    private void LockBuffer(IoRequest request, ulong buffer, uint length, bool write)
    {
        var mdl = kernel.Mdls.Create(buffer, length);
        try
        {
            kernel.Mdls.Lock(mdl, write);
        }
        catch
        {
            kernel.Mdls.Release(mdl);
            throw;
        }

        _memory.WriteUInt64(request.Irp + IoLayout.IrpMdl, mdl);
        var before = request.Completed;
        request.Completed = done =>
        {
            before?.Invoke(done);
            kernel.Mdls.Release(mdl);
        };
    }

    private ulong BuildDeviceControl(in ApiCall call)
    {
        var (code, device) = (call.UInt32(0), call[1]);
        var (input, inputBytes, output, outputBytes) = (call[2], call.UInt32(3), call[4], call.UInt32(5));
        if (Math.Max(inputBytes, outputBytes) > LabLimits.DataBytes || Create(call, device, ownedByExecutive: true) is not { } request)
        {
            return 0;
        }

        var (isInternal, signal, statusBlock) = (call.Flag(6), call[7], call[8]);
        var location = kernel.Requests.NextLocation(request.Irp);
        _memory.WriteByte(location, (byte)(isInternal ? MajorFunction.InternalDeviceControl : MajorFunction.DeviceControl));
        _memory.WriteUInt32(location + IoLayout.LocationParameters, outputBytes);
        _memory.WriteUInt32(location + IoLayout.LocationParameters + 8, inputBytes);
        _memory.WriteUInt32(location + IoLayout.LocationParameters + 16, code);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserIosb, statusBlock);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserEvent, signal);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpUserBuffer, output);
        var method = code & 3;
        if (method == Neither)
        {
            _memory.WriteUInt64(location + IoLayout.LocationParameters + 24, input);
            return request.Irp;
        }

        try
        {
            SetSystemBuffer(request, input, inputBytes, output, method == Buffered ? outputBytes : 0);
            if (method != Buffered && output != 0 && outputBytes > 0)
            {
                LockBuffer(request, output, outputBytes, write: method == OutDirect);
            }
        }
        catch (GuestException)
        {
            // A buffer that cannot be locked: no request, and no exception.
            request.Completed?.Invoke(request);
            kernel.Requests.Free(request.Irp);
            return 0;
        }

        return request.Irp;
    }

    private void SetSystemBuffer(IoRequest request, ulong input, uint inputBytes, ulong output, uint outputBytes)
    {
        var bytes = Math.Max(inputBytes, outputBytes);
        if (bytes == 0)
        {
            return;
        }

        var buffer = kernel.Pool.Allocate(bytes, "IoSB");
        request.Completed = done =>
        {
            if (done.IsCompleted && output != 0 && (int)done.Status >= 0)
            {
                _memory.Write(output, _memory.Span(buffer, (int)Math.Min(done.Information, outputBytes)));
            }

            kernel.Pool.Free(buffer);
        };
        if (inputBytes > 0)
        {
            _memory.Write(buffer, _memory.Span(input, (int)inputBytes));
        }

        _memory.WriteUInt64(request.Irp + IoLayout.IrpSystemBuffer, buffer);
    }
}
