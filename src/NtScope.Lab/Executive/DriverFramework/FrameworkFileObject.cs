namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFFILEOBJECT.</summary>
internal sealed class FrameworkFileObject(FrameworkClient client, ulong fileObject) : FrameworkObject(client)
{
    /// <summary>The FILE_OBJECT.</summary>
    public ulong FileObject { get; } = fileObject;
}
