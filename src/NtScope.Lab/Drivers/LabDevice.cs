using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Drivers;

/// <summary>An open device, as a user-mode program has it after CreateFile.</summary>
public sealed class LabDevice : IDisposable
{
    private readonly LabKernel _kernel;
    private readonly KernelObject? _file;
    private readonly LabProcess _owner;
    private bool _closed;

    internal LabDevice(LabKernel kernel, KernelObject? file, LabProcess owner, NtStatus status)
    {
        _kernel = kernel;
        _file = file;
        _owner = owner;
        OpenStatus = status;
        _closed = file is null;
    }

    /// <summary>How the open ended; requests on a device that is not open return InvalidHandle.</summary>
    public NtStatus OpenStatus { get; }

    /// <summary>Reads (IRP_MJ_READ).</summary>
    public LabIoResult Read(int length, long offset = 0) => Do(file => _kernel.Clients.Read(file, Bounded(length), offset));

    /// <summary>Writes (IRP_MJ_WRITE).</summary>
    public LabIoResult Write(byte[] data, long offset = 0) => Do(file => _kernel.Clients.Write(file, data, offset));

    /// <summary>Sends a control code (IRP_MJ_DEVICE_CONTROL) and waits for its end.</summary>
    /// <param name="code">The control code; its lowest two bits say how the buffers are passed.</param>
    /// <param name="input">The input buffer.</param>
    /// <param name="outputLength">The bytes of the output buffer.</param>
    public LabIoResult Control(uint code, byte[]? input = null, int outputLength = 0) =>
        Do(file => _kernel.Clients.Control(file, code, input ?? [], Bounded(outputLength)));

    /// <summary>Sends a control code and does not wait.</summary>
    public LabRequest BeginControl(uint code, byte[]? input = null, int outputLength = 0)
    {
        _kernel.EnsureRunning();
        ObjectDisposedException.ThrowIf(_closed, this);
        using var scope = _kernel.Processes.RunAs(_owner);
        var pending = _kernel.Clients.BeginControl(_file!, code, input ?? [], Bounded(outputLength));
        _kernel.Threads.Settle();
        return new LabRequest(_kernel, pending);
    }

    /// <summary>Closes the device: IRP_MJ_CLEANUP and IRP_MJ_CLOSE.</summary>
    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            if (_kernel.Stopped is null && !_kernel.IsDisposed)
            {
                using var scope = _kernel.Processes.RunAs(_owner);
                _kernel.Clients.Close(_file!);
                _kernel.Threads.Settle();
            }
        }
    }

    private static int Bounded(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LabLimits.DataBytes);
        return length;
    }

    private LabIoResult Do(Func<KernelObject, LabIoResult> request)
    {
        _kernel.EnsureRunning();
        if (_closed)
        {
            return new LabIoResult(NtStatus.InvalidHandle, 0, []);
        }

        using var scope = _kernel.Processes.RunAs(_owner);
        var result = request(_file!);
        _kernel.Threads.Settle();
        return result;
    }
}
