using NtScope.Lab.Executive;

namespace NtScope.Lab.Drivers;

/// <summary>A client's connection to a minifilter's communication port.</summary>
public sealed class LabFilterPort : IDisposable
{
    private readonly LabKernel _kernel;
    private ulong _client;

    internal LabFilterPort(LabKernel kernel, ulong client, NtStatus status)
    {
        _kernel = kernel;
        _client = client;
        ConnectStatus = status;
    }

    /// <summary>How the connection ended; messages on one that failed return PortDisconnected.</summary>
    public NtStatus ConnectStatus { get; }

    /// <summary>Sends a message to the minifilter and waits for its answer.</summary>
    public LabIoResult Send(byte[] message, int outputLength = 0)
    {
        _kernel.EnsureRunning();
        var result = _kernel.Filters.Ports.SendToDriver(_client, message, outputLength);
        _kernel.Threads.Settle();
        return result;
    }

    /// <summary>Disconnects.</summary>
    public void Dispose()
    {
        if (_client != 0 && _kernel.Stopped is null && !_kernel.IsDisposed)
        {
            _kernel.Filters.Ports.Disconnect(_client);
        }

        _client = 0;
    }
}
