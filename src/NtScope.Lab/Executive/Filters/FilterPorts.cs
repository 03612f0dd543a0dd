using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Communication ports: what a minifilter and its client send one another.</summary>
internal sealed class FilterPorts(LabKernel kernel)
{
    private readonly Dictionary<ulong, ServerPort> _servers = [];
    private readonly Dictionary<ulong, ClientPort> _clients = [];

    /// <summary>Ports that a driver has not closed.</summary>
    public IEnumerable<string> OwnedBy(LoadedDriver driver) => _servers.Values.Where(port => port.Owner == driver).Select(port => port.Name);

    /// <summary>Makes a server port.</summary>
    public NtStatus Create(string name, ulong cookie, ulong connect, ulong disconnect, ulong message, int maximum, ulong caller, out ulong handle)
    {
        handle = 0;
        if (_servers.Values.Any(port => string.Equals(port.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            return NtStatus.ObjectNameCollision;
        }

        handle = kernel.Pool.Allocate(0x20, "FMsp");
        _servers.Add(handle, new ServerPort(name, cookie, connect, disconnect, message, maximum, kernel.Drivers.At(caller)));
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

        if (_clients.Values.Count(port => port.Server == server) >= server.Maximum)
        {
            return NtStatus.ConnectionCountLimit;
        }

        var handle = kernel.Pool.Allocate(0x20, "FMcp");
        var buffer = kernel.Pool.Allocate((ulong)context.Length + 8, "FMcx");
        kernel.Memory.Write(buffer + 8, context);
        var status = (NtStatus)(uint)kernel.Verifier.CallDriver("the connect routine", server.Connect, handle, server.Cookie, context.Length == 0 ? 0 : buffer + 8, (ulong)context.Length, buffer);
        var cookie = kernel.Memory.ReadUInt64(buffer);
        kernel.Pool.Free(buffer);
        if ((int)status < 0)
        {
            kernel.Pool.Free(handle);
            return status;
        }

        client = handle;
        _clients.Add(handle, new ClientPort(server, cookie, receiver));
        return status;
    }

    /// <summary>Ends a client's connection.</summary>
    public void Disconnect(ulong client)
    {
        if (_clients.TryGetValue(client, out var port))
        {
            if (port.Server.Disconnect != 0)
            {
                kernel.Verifier.CallDriver("the disconnect routine", port.Server.Disconnect, port.Cookie);
            }

            CloseClient(client);
        }
    }

    /// <summary>What FltCloseClientPort does.</summary>
    public void CloseClient(ulong client)
    {
        if (_clients.Remove(client))
        {
            kernel.Pool.Free(client);
        }
    }

    /// <summary>Sends a client's message to the minifilter.</summary>
    public LabIoResult SendToDriver(ulong client, ReadOnlySpan<byte> message, int outputLength)
    {
        if (!_clients.TryGetValue(client, out var port) || port.Server.Message == 0)
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
        if (!_clients.TryGetValue(client, out var port))
        {
            return NtStatus.PortDisconnected;
        }

        if (port.Receiver is not { } receiver)
        {
            return canWait ? NtStatus.Timeout : throw kernel.Stop("deadlock", "FltSendMessage waits without a time-out for a client that does not receive", "FltSendMessage");
        }

        var answer = receiver(message) ?? [];
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

    private sealed record ServerPort(string Name, ulong Cookie, ulong Connect, ulong Disconnect, ulong Message, int Maximum, LoadedDriver? Owner);

    private sealed record ClientPort(ServerPort Server, ulong Cookie, Func<byte[], byte[]?>? Receiver);
}
