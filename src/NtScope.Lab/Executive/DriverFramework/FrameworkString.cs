namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFSTRING.</summary>
internal sealed class FrameworkString(FrameworkClient client) : FrameworkObject(client)
{
    /// <summary>The text.</summary>
    public string Text { get; set; } = string.Empty;

    /// <summary>The text in memory; 0 until it was asked for.</summary>
    public ulong Buffer { get; set; }
}
