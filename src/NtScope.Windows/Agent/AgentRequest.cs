namespace NtScope.Windows.Agent;

/// <summary>What a command asks of the running agent.</summary>
internal enum AgentRequest
{
    /// <summary>Make a desktop, or take the one there is, and keep it.</summary>
    Hold,

    /// <summary>Let go of a desktop and forget it.</summary>
    Release,

    /// <summary>Take hotkeys on a desktop, so that the user can leave it again.</summary>
    Attach,

    /// <summary>End.</summary>
    Stop,
}
