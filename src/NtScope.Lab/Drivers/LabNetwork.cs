using System.Net;
using System.Net.Sockets;
using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Network;

namespace NtScope.Lab.Drivers;

/// <summary>
/// The network, as far as filters of drivers see it: nothing is sent, but each connection is authorized as Windows does it. The machine has the
/// addresses 192.168.1.10 and 2001:db8::10, and the loopback ones.
/// </summary>
public sealed class LabNetwork
{
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const int FirstEphemeral = 49152;
    private const uint Loopback = 0x1;
    private const uint ImplicitBind = 0x200;
    private static readonly IPAddress Address4 = IPAddress.Parse("192.168.1.10");
    private static readonly IPAddress Address6 = IPAddress.Parse("2001:db8::10");
    private readonly LabKernel _kernel;
    private int _nextPort = FirstEphemeral;

    internal LabNetwork(LabKernel kernel) => _kernel = kernel;

    /// <summary>Connects to a remote host.</summary>
    /// <param name="by">The process that does.</param>
    /// <param name="remote">The host's address.</param>
    /// <param name="port">The host's port.</param>
    /// <param name="udp">Whether it is UDP instead of TCP.</param>
    /// <returns>The connection, which says whether it is permitted; dispose it to end its flow.</returns>
    public LabConnection Connect(LabProcess by, IPAddress remote, int port, bool udp = false)
    {
        var local = new IPEndPoint(LocalFor(remote), _nextPort);
        _nextPort = _nextPort == IPEndPoint.MaxPort ? FirstEphemeral : _nextPort + 1;
        using var scope = Enter(by);
        var flags = IPAddress.IsLoopback(remote) ? Loopback : 0;
        var traffic = new NetworkTraffic(by, local, null, udp ? Udp : Tcp, IsInbound: false, 0, flags | ImplicitBind);
        if (Blocks(FilteringLayer.Assignment(traffic.IsVersion6), traffic) is { } assignment)
        {
            return new LabConnection(_kernel, local, new IPEndPoint(remote, port), 0, assignment);
        }

        return Authorize(FilteringLayer.Connect(traffic.IsVersion6), traffic with { Remote = new IPEndPoint(remote, port), Flags = flags });
    }

    /// <summary>Lets a remote host connect to a process that listens.</summary>
    /// <param name="by">The process that listens.</param>
    /// <param name="port">The port that it listens at.</param>
    /// <param name="remote">The remote host; its address and port.</param>
    /// <param name="udp">Whether it is UDP instead of TCP.</param>
    /// <returns>The connection, which says whether it is permitted; dispose it to end its flow.</returns>
    public LabConnection Accept(LabProcess by, int port, IPEndPoint remote, bool udp = false)
    {
        var traffic = new NetworkTraffic(
            by, new IPEndPoint(LocalFor(remote.Address), port), remote, udp ? Udp : Tcp, IsInbound: true, 0, IPAddress.IsLoopback(remote.Address) ? Loopback : 0);

        // A packet arrives in whatever thread runs.
        using var scope = Enter(_kernel.Processes.SystemProcess);
        return Authorize(FilteringLayer.Accept(traffic.IsVersion6), traffic);
    }

    /// <summary>Gives a process a local port.</summary>
    /// <param name="by">The process.</param>
    /// <param name="port">The port.</param>
    /// <param name="udp">Whether it is UDP instead of TCP.</param>
    /// <returns>Whether it is permitted.</returns>
    public bool Bind(LabProcess by, int port, bool udp = false)
    {
        using var scope = Enter(by);
        var traffic = new NetworkTraffic(by, new IPEndPoint(Address4, port), null, udp ? Udp : Tcp, IsInbound: false, 0, 0);
        return Blocks(FilteringLayer.Assignment(isVersion6: false), traffic) is null;
    }

    private static IPAddress LocalFor(IPAddress remote) => (remote.AddressFamily, IPAddress.IsLoopback(remote)) switch
    {
        (AddressFamily.InterNetwork, true) => IPAddress.Loopback,
        (AddressFamily.InterNetwork, false) => Address4,
        (_, true) => IPAddress.IPv6Loopback,
        _ => Address6,
    };

    private Executive.Processes.ProcessScope Enter(LabProcess process)
    {
        _kernel.EnsureRunning();
        return _kernel.Processes.RunAs(process);
    }

    private LabConnection Authorize(FilteringLayer layer, NetworkTraffic traffic)
    {
        if (Blocks(layer, traffic) is { } blocked)
        {
            return new LabConnection(_kernel, traffic.Local, traffic.Remote!, 0, blocked);
        }

        var established = FilteringLayer.Established(traffic.IsVersion6);
        var flow = _kernel.Network.BeginFlow();
        if (Blocks(established, traffic with { Flow = flow }) is { } dropped)
        {
            _kernel.Network.EndFlow(flow);
            return new LabConnection(_kernel, traffic.Local, traffic.Remote!, 0, dropped);
        }

        return new LabConnection(_kernel, traffic.Local, traffic.Remote!, flow, null);
    }

    private string? Blocks(FilteringLayer layer, NetworkTraffic traffic)
    {
        var isPermitted = _kernel.Network.Classifier.Permits(layer, traffic);
        _kernel.Threads.Settle();
        return isPermitted ? null : layer.Name;
    }
}
