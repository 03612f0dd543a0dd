using System.Net;
using NtScope.Lab.Executive;

namespace NtScope.Lab.Drivers;

/// <summary>A connection, as filters of drivers have decided about it.</summary>
public sealed class LabConnection : IDisposable
{
    private readonly LabKernel _kernel;
    private ulong _flow;

    internal LabConnection(LabKernel kernel, IPEndPoint local, IPEndPoint remote, ulong flow, string? blockedAt)
    {
        _kernel = kernel;
        _flow = flow;
        Local = local;
        Remote = remote;
        BlockedAt = blockedAt;
    }

    /// <summary>The local endpoint.</summary>
    public IPEndPoint Local { get; }

    /// <summary>The remote endpoint.</summary>
    public IPEndPoint Remote { get; }

    /// <summary>Whether it is permitted.</summary>
    public bool IsPermitted => BlockedAt is null;

    /// <summary>The layer that it was blocked at (<c>ALE_AUTH_CONNECT_V4</c>); null if it is permitted.</summary>
    public string? BlockedAt { get; }

    /// <summary>Ends the flow of a permitted connection: callouts that keep a context for it are told.</summary>
    public void Dispose()
    {
        if (_flow != 0 && !_kernel.IsDisposed && _kernel.Stopped is null)
        {
            var flow = _flow;
            _flow = 0;
            using var scope = _kernel.AsSystem();
            _kernel.Network.EndFlow(flow);
            _kernel.Threads.Settle();
        }
    }
}
