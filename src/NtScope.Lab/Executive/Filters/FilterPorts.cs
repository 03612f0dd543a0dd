using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Communication ports: what a minifilter and its client send one another.</summary>
internal sealed class FilterPorts(LabKernel kernel)
{
    private readonly Dictionary<ulong, ServerPort> _servers = [];
    private readonly Dictionary<ulong, ClientPort> _clients = [];

    /// <summary>What a driver has not closed: server ports and clients' ports, also of clients that are gone.</summary>
    public IEnumerable<(string Detail, StackTrace? Origin)> OwnedBy(LoadedDriver driver) =>
    [
        .. _servers.Values.Where(port => port.Filter.Owner == driver).Select(port => ($"communication port {port.Name} is not closed", port.Origin)),
        .. _clients.Values.Where(port => port.Server.Filter.Owner == driver)
            .Select(port => ($"the port of a client of {port.Server.Name} is not closed (FltCloseClientPort)", port.Server.Origin)),
    ];

    /// <summary>Makes a server port.</summary>
    public NtStatus Create(MiniFilter filter, string name, ulong cookie, ulong connect, ulong disconnect, ulong message, int maximum, out ulong handle)
    {
        handle = 0;
        if (_servers.Values.Any(port => string.Equals(port.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            return NtStatus.ObjectNameCollision;
        }

        handle = kernel.Pool.Allocate(0x20, "FMsp");
        _servers.Add(handle, new ServerPort(filter, name, cookie, connect, disconnect, message, maximum, kernel.Traces.Capture()));
        return NtStatus.Success;
    }

    /// <summary>Closes a server port; connections stay.</summary>
    public void Close(ulong handle)
    {
        if (!_servers.Remove(handle))
        {
            kernel.Verifier.Report("bad-handle", $"0x{handle:x} is no communication port", "FltCloseCommunicationPort");
            return;
        }

        kernel.Pool.Free(handle);
    }

    /// <summary>Connects a client.</summary>
    public NtStatus Connect(string name, ReadOnlySpan<byte> context, Func<byte[], byte[]?>? receiver, out ulong client)
    {
        client = 0;
        if (_servers.Values.FirstOrDefault(port => string.Equals(port.Name, name, StringComparison.OrdinalIgnoreCase)) is not { } server)
        {
            return NtStatus.ObjectNameNotFound;
        }

        if (_clients.Values.Count(port => port.Server == server && port.IsConnected) >= server.Maximum)
        {
            return NtStatus.ConnectionCountLimit;
        }

        var handle = kernel.Pool.Allocate(0x20, "FMcp");
        _clients.Add(handle, new ClientPort(server, receiver));
        var buffer = kernel.Pool.Allocate((ulong)context.Length + 8, "FMcx");
        kernel.Memory.Write(buffer + 8, context);
        var status = (NtStatus)(uint)kernel.Verifier.CallDriver("the connect routine", server.Connect, handle, server.Cookie, context.Length == 0 ? 0 : buffer + 8, (ulong)context.Length, buffer);
        var cookie = kernel.Memory.ReadUInt64(buffer);
        kernel.Pool.Free(buffer);
        if ((int)status < 0)
        {
            if (_clients.Remove(handle))
            {
                kernel.Pool.Free(handle);
            }

            return status;
        }

        if (_clients.TryGetValue(handle, out var port))
        {
            port.Cookie = cookie;
        }

        client = handle;
        return status;
    }

    /// <summary>Ends a client's connection. Its port stays until the minifilter closes it.</summary>
    public void Disconnect(ulong client)
    {
        if (_clients.TryGetValue(client, out var port) && port.IsConnected)
        {
            port.IsConnected = false;
            if (port.Server.Disconnect != 0)
            {
                kernel.Verifier.CallDriver("the disconnect routine", port.Server.Disconnect, port.Cookie);
            }
        }
    }

    /// <summary>Ends the connections of a minifilter that goes.</summary>
    public void DisconnectAll(MiniFilter filter)
    {
        foreach (var client in _clients.Where(entry => entry.Value.Server.Filter == filter).Select(entry => entry.Key).ToArray())
        {
            Disconnect(client);
        }
    }

    /// <summary>Closes what a driver has left open; used when it is gone.</summary>
    public void RemoveAll(LoadedDriver driver)
    {
        foreach (var client in _clients.Where(entry => entry.Value.Server.Filter.Owner == driver).Select(entry => entry.Key).ToArray())
        {
            CloseClient(client);
        }

        foreach (var server in _servers.Where(entry => entry.Value.Filter.Owner == driver).Select(entry => entry.Key).ToArray())
        {
            Close(server);
        }
    }

    /// <summary>What FltCloseClientPort does: a client that is connected has nobody to talk to any more.</summary>
    public void CloseClient(ulong client)
    {
        if (!_clients.Remove(client))
        {
            kernel.Verifier.Report("bad-handle", $"0x{client:x} is no client's port", "FltCloseClientPort");
            return;
        }

        kernel.Pool.Free(client);
    }

    /// <summary>Sends a client's message to the minifilter.</summary>
    public LabIoResult SendToDriver(ulong client, ReadOnlySpan<byte> message, int outputLength)
    {
        if (!_clients.TryGetValue(client, out var port) || !port.IsConnected || port.Server.Message == 0)
        {
            return new LabIoResult(NtStatus.PortDisconnected, 0, []);
        }

        kernel.Verifier.BeginRequest();
        var input = message.Length == 0 ? 0 : kernel.UserBuffers.Allocate(message.Length, kernel.Threads.Current.Process);
        var output = outputLength == 0 ? 0 : kernel.UserBuffers.Allocate(outputLength, kernel.Threads.Current.Process);
        var length = kernel.Pool.Allocate(4, "FMln");
        kernel.Memory.Write(input, message);

        // The filter manager has probed both buffers before it calls.
        kernel.Verifier.Probed(input, (ulong)message.Length);
        kernel.Verifier.Probed(output, (ulong)outputLength);
        var status = (NtStatus)(uint)kernel.Verifier.CallDriver("the message routine", port.Server.Message, port.Cookie, input, (ulong)message.Length, output, (ulong)outputLength, length);
        var count = (int)Math.Min(kernel.Memory.ReadUInt32(length), (uint)outputLength);
        var reply = count == 0 ? [] : kernel.Memory.Span(output, count).ToArray();
        kernel.Pool.Free(length);
        if (input != 0)
        {
            kernel.UserBuffers.Free(input, message.Length);
        }

        if (output != 0)
        {
            kernel.UserBuffers.Free(output, outputLength);
        }

        return new LabIoResult(status, (ulong)count, reply);
    }

    /// <summary>What FltSendMessage does: the client's receiver answers at once.</summary>
    public NtStatus SendToClient(ulong client, byte[] message, ulong reply, ulong replyLength, bool canWait)
    {
        if (!_clients.TryGetValue(client, out var port) || !port.IsConnected)
        {
            return NtStatus.PortDisconnected;
        }

        if (port.Receiver is not { } receiver)
        {
            return canWait ? NtStatus.Timeout : throw kernel.Stop("deadlock", "FltSendMessage waits without a time-out for a client that does not receive", "FltSendMessage");
        }

        var answer = Ask(receiver, message);
        if (reply != 0)
        {
            var room = kernel.Memory.ReadUInt32(replyLength);
            var count = (uint)Math.Min(answer.Length, room);
            kernel.Memory.Write(reply, answer.AsSpan(0, (int)count));
            kernel.Memory.WriteUInt32(replyLength, count);
            return answer.Length > room ? NtStatus.BufferOverflow : NtStatus.Success;
        }

        return NtStatus.Success;
    }

    private sealed record ServerPort(MiniFilter Filter, string Name, ulong Cookie, ulong Connect, ulong Disconnect, ulong Message, int Maximum, StackTrace? Origin);

    private byte[] Ask(Func<byte[], byte[]?> receiver, byte[] message)
    {
        try
        {
            return receiver(message) ?? [];
        }
        catch (Exception exception)
        {
            kernel.ThrownByUser = exception;
            throw;
        }
    }

    private sealed class ClientPort(ServerPort server, Func<byte[], byte[]?>? receiver)
    {
        public ServerPort Server { get; } = server;

        public Func<byte[], byte[]?>? Receiver { get; } = receiver;

        public ulong Cookie { get; set; }

        public bool IsConnected { get; set; } = true;
    }
}
