using static NtScope.Lab.Executive.Network.NetworkField;

namespace NtScope.Lab.Executive.Network;

/// <summary>A place in the network stack where filters decide: its identifiers, and what it tells callouts in the order of their fields (fwpsk.h).</summary>
/// <param name="Name">Its name without FWPM_LAYER.</param>
/// <param name="Id">The number that callouts see.</param>
/// <param name="Key">The identifier that filters name.</param>
/// <param name="IsVersion6">Whether its traffic is of IPv6.</param>
/// <param name="Level">The level that it is classified at.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record FilteringLayer(string Name, ushort Id, Guid Key, bool IsVersion6, Irql Level, IReadOnlyList<NetworkField> Fields)
{
    private static readonly NetworkField[] Endpoint = [Application, Empty, LocalAddress, AddressType, LocalPort, Protocol];
    private static readonly NetworkField[] Remote = [RemoteAddress, RemotePort, Empty, Empty];
    private static readonly NetworkField[] NextHop = [InterfaceIndex, Interface, InterfaceType, Empty, InterfaceIndex, Profile, Profile, Empty];

    private static readonly NetworkField[] ConnectFields =
    [
        .. Endpoint, .. Remote, AddressType, Interface, Flags, InterfaceType, Empty, InterfaceIndex, InterfaceIndex,
        Interface, InterfaceType, Empty, InterfaceIndex, .. NextHop, Empty, Empty, Empty, Application, Empty,
    ];

    private static readonly NetworkField[] AcceptFields =
    [
        .. Endpoint, .. Remote, Interface, Flags, Empty, Empty, InterfaceType, Empty, InterfaceIndex, InterfaceIndex,
        Interface, InterfaceType, Empty, InterfaceIndex, .. NextHop, Empty, Empty, Empty,
    ];

    private static readonly NetworkField[] FlowFields = [.. Endpoint, .. Remote, AddressType, Interface, Direction, InterfaceType, Empty, Flags, Application, Empty];

    private static readonly NetworkField[] AssignmentFields = [.. Endpoint, Empty, Interface, Flags, InterfaceType, Empty, Profile, Empty, Empty];

    /// <summary>Assignment of a local port.</summary>
    public static FilteringLayer Assignment(bool isVersion6) => All[isVersion6 ? 1 : 0];

    /// <summary>Authorization of an incoming connection.</summary>
    public static FilteringLayer Accept(bool isVersion6) => All[isVersion6 ? 3 : 2];

    /// <summary>Authorization of an outgoing connection.</summary>
    public static FilteringLayer Connect(bool isVersion6) => All[isVersion6 ? 5 : 4];

    /// <summary>A connection that was authorized.</summary>
    public static FilteringLayer Established(bool isVersion6) => All[isVersion6 ? 7 : 6];

    /// <summary>The layers that the machine has.</summary>
    public static IReadOnlyList<FilteringLayer> All { get; } =
    [
        new("ALE_RESOURCE_ASSIGNMENT_V4", 36, new Guid("1247d66d-0b60-4a15-8d44-7155d0f53a0c"), false, Irql.Passive, AssignmentFields),
        new("ALE_RESOURCE_ASSIGNMENT_V6", 38, new Guid("55a650e1-5f0a-4eca-a653-88f53b26aa8c"), true, Irql.Passive, AssignmentFields),
        new("ALE_AUTH_RECV_ACCEPT_V4", 44, new Guid("e1cd9fe7-f4b5-4273-96c0-592e487b8650"), false, Irql.Dispatch, AcceptFields),
        new("ALE_AUTH_RECV_ACCEPT_V6", 46, new Guid("a3b42c97-9f04-4672-b87e-cee9c483257f"), true, Irql.Dispatch, AcceptFields),
        new("ALE_AUTH_CONNECT_V4", 48, new Guid("c38d57d1-05a7-4c33-904f-7fbceee60e82"), false, Irql.Passive, ConnectFields),
        new("ALE_AUTH_CONNECT_V6", 50, new Guid("4a72393b-319f-44bc-84c3-ba54dcb3b6b4"), true, Irql.Passive, ConnectFields),
        new("ALE_FLOW_ESTABLISHED_V4", 52, new Guid("af80470a-5596-4c13-9992-539e6fe57967"), false, Irql.Dispatch, FlowFields),
        new("ALE_FLOW_ESTABLISHED_V6", 54, new Guid("7021d2b3-dfa4-406e-afeb-6afaf7e70efd"), true, Irql.Dispatch, FlowFields),
    ];

    /// <summary>The layer of an identifier, or null.</summary>
    public static FilteringLayer? Find(Guid key) => All.FirstOrDefault(layer => layer.Key == key);
}
