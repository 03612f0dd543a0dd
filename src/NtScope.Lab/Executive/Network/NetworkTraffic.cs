using System.Net;
using System.Net.Sockets;
using System.Text;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Network;

/// <summary>What is to be authorized.</summary>
/// <param name="Process">Whose it is.</param>
/// <param name="Local">The local endpoint.</param>
/// <param name="Remote">The remote endpoint; null where there is none yet.</param>
/// <param name="Protocol">IPPROTO_TCP 6, IPPROTO_UDP 17.</param>
/// <param name="IsInbound">Whether the remote end began it.</param>
/// <param name="Flow">Its number, once it is established; else 0.</param>
/// <param name="Flags">FWP_CONDITION_FLAG.</param>
internal sealed record NetworkTraffic(LabProcess Process, IPEndPoint Local, IPEndPoint? Remote, byte Protocol, bool IsInbound, ulong Flow, uint Flags)
{
    private const uint Ethernet = 6;
    private const uint Loopback = 24;
    private const uint Private = 2;
    private const byte Unicast = 1;
    private const byte Multicast = 3;
    private const ulong InterfaceLuid = (6UL << 48) | (0x8000UL << 24);

    /// <summary>Whether it is of IPv6.</summary>
    public bool IsVersion6 => Local.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>The application's path as filters know it: the device's name, lower case, ended by a zero.</summary>
    public byte[] Application { get; } = Encoding.Unicode.GetBytes(
        (Process.Path.Length > 2 && Process.Path[1] == ':' ? @"\device\harddiskvolume1" + Process.Path[2..] : Process.Path).ToLowerInvariant() + '\0');

    /// <summary>The value of a field.</summary>
    public FieldValue Of(NetworkField field) => field switch
    {
        NetworkField.Application => new FieldValue(FieldValue.ByteBlob, 0, Application),
        NetworkField.LocalAddress => Address(Local.Address),
        NetworkField.AddressType => new FieldValue(FieldValue.UInt8, Remote is { } remote && IsMulticast(remote.Address) ? Multicast : Unicast),
        NetworkField.LocalPort => new FieldValue(FieldValue.UInt16, (ushort)Local.Port),
        NetworkField.Protocol => new FieldValue(FieldValue.UInt8, Protocol),
        NetworkField.RemoteAddress when Remote is not null => Address(Remote.Address),
        NetworkField.RemotePort when Remote is not null => new FieldValue(FieldValue.UInt16, (ushort)Remote.Port),
        NetworkField.Interface => new FieldValue(FieldValue.UInt64, InterfaceLuid),
        NetworkField.InterfaceType => new FieldValue(FieldValue.UInt32, IPAddress.IsLoopback(Local.Address) ? Loopback : Ethernet),
        NetworkField.InterfaceIndex => new FieldValue(FieldValue.UInt32, 1),
        NetworkField.Profile => new FieldValue(FieldValue.UInt32, Private),
        NetworkField.Flags => new FieldValue(FieldValue.UInt32, Flags),
        NetworkField.Direction => new FieldValue(FieldValue.UInt32, IsInbound ? 1u : 0),
        _ => default,
    };

    // IPv4 addresses are numbers in the machine's byte order.
    private static FieldValue Address(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return bytes.Length == 16
            ? new FieldValue(FieldValue.ByteArray16, 0, bytes)
            : new FieldValue(FieldValue.UInt32, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }

    private static bool IsMulticast(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? address.IsIPv6Multicast : (address.GetAddressBytes()[0] & 0xF0) == 0xE0;
}
