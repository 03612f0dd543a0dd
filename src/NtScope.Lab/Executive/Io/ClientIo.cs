using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Io;

/// <summary>Requests as the I/O manager makes them for a user.</summary>
internal sealed class ClientIo(LabKernel kernel)
{
    private readonly Memory.GuestMemory _memory = kernel.Memory;
    private readonly HashSet<ulong> _exclusive = [];

    /// <summary>Opens a device by name.</summary>
    /// <param name="name">Its name: <c>\\.\Zero</c> or <c>\Device\Zero</c>.</param>
    /// <param name="file">The FILE_OBJECT; null if it is not opened.</param>
    /// <param name="isUser">Whether a user opens it, and not a driver.</param>
    public NtStatus Open(string name, out KernelObject? file, bool isUser = true)
    {
        file = null;
        var path = name.StartsWith(@"\\.\", StringComparison.Ordinal) ? @"\??\" + name[4..] : name;
        if (kernel.Objects.Resolve(path, out var rest) is not { Kind: ObjectKind.Device } device)
        {
            return NtStatus.ObjectNameNotFound;
        }

        var top = kernel.Devices.Top(device.Address);
        if ((_memory.ReadUInt32(device.Address + IoLayout.DeviceFlags) & IoLayout.Initializing) != 0)
        {
            if (device.State is Modules.LoadedDriver driver)
            {
                kernel.Verifier.ReportLeft("device-initializing", $"device {device.Name} still has DO_DEVICE_INITIALIZING and cannot be opened", driver, device.Origin);
            }

            return NtStatus.NoSuchDevice;
        }

        const uint Exclusive = 8;
        if ((_memory.ReadUInt32(device.Address + IoLayout.DeviceFlags) & Exclusive) != 0 && !_exclusive.Add(device.Address))
        {
            return NtStatus.AccessDenied;
        }

        var item = kernel.Devices.CreateFile(device.Address, rest);
        var result = Send(top, item, MajorFunction.Create, isUser);
        if (!result.Succeeded)
        {
            _exclusive.Remove(device.Address);
            kernel.Objects.Dereference(item);
            return result.Status;
        }

        item.Deleted = () =>
        {
            SendToOpen(item, MajorFunction.Close, isUser: false);
            _exclusive.Remove(device.Address);
        };
        file = item;
        return result.Status;
    }

    /// <summary>Closes the only handle of a file: IRP_MJ_CLEANUP. IRP_MJ_CLOSE follows when the last reference goes.</summary>
    public void Close(KernelObject file, bool isUser = true)
    {
        SendToOpen(file, MajorFunction.Cleanup, isUser);
        kernel.Objects.Dereference(file);
    }

    // The driver may have gone and taken its device along.
    private void SendToOpen(KernelObject file, MajorFunction major, bool isUser)
    {
        if (kernel.Objects.Find(_memory.ReadUInt64(file.Address + IoLayout.FileDevice)) is not null)
        {
            Send(TopOf(file), file, major, isUser);
        }
    }

    /// <summary>Reads.</summary>
    public LabIoResult Read(KernelObject file, int length, long offset) =>
        Transfer(file, MajorFunction.Read, [], length, offset);

    /// <summary>Writes.</summary>
    public LabIoResult Write(KernelObject file, ReadOnlySpan<byte> data, long offset) =>
        Transfer(file, MajorFunction.Write, data, data.Length, offset);

    /// <summary>Sends a control code and waits.</summary>
    public LabIoResult Control(KernelObject file, uint code, ReadOnlySpan<byte> input, int outputLength)
    {
        var pending = BeginControl(file, code, input, outputLength);
        return Wait(pending);
    }

    /// <summary>Sends a control code.</summary>
    public PendingIo BeginControl(KernelObject file, uint code, ReadOnlySpan<byte> input, int outputLength)
    {
        var method = code & 3;
        var top = TopOf(file);
        var request = kernel.Requests.Create(_memory.ReadByte(top + IoLayout.DeviceStackSize));
        var pending = new PendingIo(request, outputLength);
        var location = Prepare(request, file, MajorFunction.DeviceControl);
        _memory.WriteUInt32(location + IoLayout.LocationParameters, (uint)outputLength);
        _memory.WriteUInt32(location + IoLayout.LocationParameters + 8, (uint)input.Length);
        _memory.WriteUInt32(location + IoLayout.LocationParameters + 16, code);
        var irp = request.Irp;
        if (method == 3)
        {
            pending.AddUserBuffer(kernel, input.Length);
            pending.AddUserBuffer(kernel, outputLength);
            _memory.Write(pending.UserInput, input);
            _memory.WriteUInt64(location + IoLayout.LocationParameters + 24, pending.UserInput);
            _memory.WriteUInt64(irp + IoLayout.IrpUserBuffer, pending.UserOutput);
        }
        else
        {
            var bytes = method == 0 ? Math.Max(input.Length, outputLength) : input.Length;
            if (bytes > 0)
            {
                pending.SystemBuffer = kernel.Pool.Allocate((ulong)bytes, "IoSB");
                _memory.Write(pending.SystemBuffer, input);
                _memory.WriteUInt64(irp + IoLayout.IrpSystemBuffer, pending.SystemBuffer);
            }

            if (method != 0 && outputLength > 0)
            {
                Lock(irp, pending, outputLength, []);
            }
        }

        request.Completed = _ => Complete(pending, isRead: true);
        Dispatch(top, pending, "DeviceControl");
        return pending;
    }

    /// <summary>Waits for a request.</summary>
    public LabIoResult Wait(PendingIo pending)
    {
        var request = pending.Request;
        if (!request.IsCompleted)
        {
            var signal = kernel.Pool.Allocate(0x18, "IoEv");
            kernel.Dispatcher.InitializeEvent(signal);
            request.Event = signal;
            kernel.Dispatcher.WaitFor([signal], all: false, null, hopeless: () => request.Holder is { } driver
                ? kernel.Stop(kernel.Verifier.ReportLeft(
                    "irp-never-completed", "the driver keeps the IRP, and nothing that is still to happen completes it", driver, request.HeldSince(driver)))
                : kernel.Stop("irp-never-completed", "nothing that is still to happen completes the IRP"));
            kernel.Pool.Free(signal);
        }

        return new LabIoResult(request.Status, request.Information, pending.Output);
    }

    private ulong TopOf(KernelObject file) => kernel.Devices.Top(_memory.ReadUInt64(file.Address + IoLayout.FileDevice));

    private LabIoResult Transfer(KernelObject file, MajorFunction major, ReadOnlySpan<byte> data, int length, long offset)
    {
        var top = TopOf(file);
        var request = kernel.Requests.Create(_memory.ReadByte(top + IoLayout.DeviceStackSize));
        var isRead = major == MajorFunction.Read;
        var pending = new PendingIo(request, isRead ? length : 0);
        var location = Prepare(request, file, major);
        _memory.WriteUInt32(location + IoLayout.LocationParameters, (uint)length);
        _memory.WriteUInt64(location + IoLayout.LocationParameters + 16, (ulong)offset);
        var flags = _memory.ReadUInt32(top + IoLayout.DeviceFlags);
        if (length > 0 && (flags & IoLayout.BufferedIo) != 0)
        {
            pending.SystemBuffer = kernel.Pool.Allocate((ulong)length, "IoSB");
            _memory.Write(pending.SystemBuffer, data);
            _memory.WriteUInt64(request.Irp + IoLayout.IrpSystemBuffer, pending.SystemBuffer);
        }
        else if (length > 0 && (flags & IoLayout.DirectIo) != 0)
        {
            Lock(request.Irp, pending, length, data);
        }
        else if (length > 0)
        {
            pending.AddUserBuffer(kernel, 0);
            pending.AddUserBuffer(kernel, length);
            _memory.Write(pending.UserOutput, data);
            _memory.WriteUInt64(request.Irp + IoLayout.IrpUserBuffer, pending.UserOutput);
        }

        request.Completed = _ => Complete(pending, isRead);
        Dispatch(top, pending, major.ToString());
        return Wait(pending);
    }

    private LabIoResult Send(ulong top, KernelObject file, MajorFunction major, bool isUser)
    {
        var request = kernel.Requests.Create(_memory.ReadByte(top + IoLayout.DeviceStackSize));
        var pending = new PendingIo(request, 0);
        var location = Prepare(request, file, major, isUser);
        if (major == MajorFunction.Create)
        {
            var context = kernel.Pool.Allocate(0x100, "IoSc");
            _memory.WriteUInt32(context + 16, 0x12_0089);
            _memory.WriteUInt64(location + IoLayout.LocationParameters, context);
            _memory.WriteUInt32(location + IoLayout.LocationParameters + 8, 1u << 24);
            _memory.WriteUInt16(location + IoLayout.LocationParameters + 18, 7);
            pending.SystemBuffer = context;
        }

        request.Completed = _ => Complete(pending, isRead: false);
        Dispatch(top, pending, major.ToString(), isUser);
        return Wait(pending);
    }

    private ulong Prepare(IoRequest request, KernelObject file, MajorFunction major, bool isUser = true)
    {
        var location = kernel.Requests.NextLocation(request.Irp);
        _memory.WriteByte(location, (byte)major);
        _memory.WriteUInt64(location + IoLayout.LocationFile, file.Address);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpFileObject, file.Address);
        _memory.WriteByte(request.Irp + IoLayout.IrpRequestorMode, isUser ? (byte)1 : (byte)0);
        return location;
    }

    private void Lock(ulong irp, PendingIo pending, int length, ReadOnlySpan<byte> data)
    {
        pending.AddUserBuffer(kernel, 0);
        pending.AddUserBuffer(kernel, length);
        _memory.Write(pending.UserOutput, data);
        pending.Mdl = kernel.Mdls.Create(pending.UserOutput, (uint)length);
        kernel.Mdls.Lock(pending.Mdl, write: true);
        _memory.WriteUInt64(irp + IoLayout.IrpMdl, pending.Mdl);
    }

    private void Dispatch(ulong top, PendingIo pending, string what, bool isUser = true)
    {
        var thread = kernel.Threads.Current;
        if (thread.Invocations.Count == 0)
        {
            kernel.Verifier.BeginRequest();
        }

        var mode = thread.UserMode;
        thread.UserMode = isUser;
        try
        {
            var status = kernel.Requests.CallDriver(top, pending.Request.Irp);
            if (status != NtStatus.Pending && !pending.Request.IsCompleted)
            {
                throw kernel.Stop("irp-never-completed", $"{what} returned 0x{(uint)status:X8} and nobody completed the IRP");
            }
        }
        finally
        {
            thread.UserMode = mode;
        }
    }

    private void Complete(PendingIo pending, bool isRead)
    {
        var request = pending.Request;
        if (isRead && (uint)request.Status < 0xC000_0000)
        {
            if (request.Information > (ulong)pending.OutputLength)
            {
                kernel.Verifier.Report("information-too-large", $"the IRP is completed with Information {request.Information}; the buffer has {pending.OutputLength} bytes", "IofCompleteRequest");
            }

            var count = (int)Math.Min(request.Information, (ulong)pending.OutputLength);
            var source = pending.UserOutput != 0 ? pending.UserOutput : pending.SystemBuffer;
            pending.Output = count == 0 || source == 0 ? [] : _memory.Span(source, count).ToArray();
        }

        pending.Release(kernel);
    }
}
