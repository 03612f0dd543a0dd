namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFWORKITEM.</summary>
internal sealed class FrameworkWorkItem(FrameworkClient client, ulong routine, bool isSerialized) : FrameworkObject(client)
{
    /// <summary>EvtWorkItem.</summary>
    public ulong Routine { get; } = routine;

    /// <summary>Whether its routine excludes the callbacks of its parent.</summary>
    public bool IsSerialized { get; } = isSerialized;

    /// <summary>Whether it is queued.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether its routine runs.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Events that are set once it has run.</summary>
    public List<ulong> DoneEvents { get; } = [];
}
