namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFCOLLECTION: it holds a reference to each of its items.</summary>
internal sealed class FrameworkCollection(FrameworkClient client) : FrameworkObject(client)
{
    /// <summary>The items in order.</summary>
    public List<FrameworkObject> Items { get; } = [];
}
