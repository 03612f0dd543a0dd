namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFDPC.</summary>
internal sealed class FrameworkDpc(FrameworkClient client, ulong routine, bool isSerialized) : FrameworkObject(client)
{
    /// <summary>EvtDpcFunc.</summary>
    public ulong Routine { get; } = routine;

    /// <summary>Whether its routine excludes the callbacks of its parent.</summary>
    public bool IsSerialized { get; } = isSerialized;

    /// <summary>Whether it is queued.</summary>
    public bool IsQueued { get; set; }
}
