using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Drivers;

/// <summary>A request that a driver may still have.</summary>
public sealed class LabRequest
{
    private readonly LabKernel _kernel;
    private readonly PendingIo _pending;

    internal LabRequest(LabKernel kernel, PendingIo pending)
    {
        _kernel = kernel;
        _pending = pending;
    }

    /// <summary>Whether the driver has completed it.</summary>
    public bool IsCompleted => _pending.Request.IsCompleted;

    /// <summary>Cancels it: the driver's cancel routine is called, if it has set one.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Cancel()
    {
        _kernel.EnsureRunning();
        var cancelled = !IsCompleted && _kernel.Requests.Cancel(_pending.Request.Irp);
        _kernel.Threads.Settle();
        return cancelled;
    }

    /// <summary>Waits for its end; the machine's time may pass.</summary>
    public LabIoResult Wait()
    {
        _kernel.EnsureRunning();
        return _kernel.Clients.Wait(_pending);
    }
}
