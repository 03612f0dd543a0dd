namespace NtScope.Lab.Executive.Network;

/// <summary>What a layer tells of traffic. Fields that the machine has nothing for are empty.</summary>
internal enum NetworkField
{
    /// <summary>Nothing: a user, a machine, a tunnel, a package.</summary>
    Empty,

    /// <summary>The path of the application.</summary>
    Application,

    /// <summary>The local address.</summary>
    LocalAddress,

    /// <summary>Whether an address is one host's or a group's.</summary>
    AddressType,

    /// <summary>The local port.</summary>
    LocalPort,

    /// <summary>The protocol.</summary>
    Protocol,

    /// <summary>The remote address.</summary>
    RemoteAddress,

    /// <summary>The remote port.</summary>
    RemotePort,

    /// <summary>The interface's LUID.</summary>
    Interface,

    /// <summary>The interface's type.</summary>
    InterfaceType,

    /// <summary>The interface's index.</summary>
    InterfaceIndex,

    /// <summary>The interface's network category.</summary>
    Profile,

    /// <summary>FWP_CONDITION_FLAG.</summary>
    Flags,

    /// <summary>FWP_DIRECTION.</summary>
    Direction,
}
