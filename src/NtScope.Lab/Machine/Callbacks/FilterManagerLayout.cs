namespace NtScope.Lab.Machine.Callbacks;

/// <summary>
/// Where the filter manager's x64 structures have what the lab writes, as debuggers print them: Windows 7, Windows 10 and its followers. Of
/// Windows 8 and 8.1 no listing is known; they get Windows 10's.
/// </summary>
/// <param name="ObjectSize">The size of <c>_FLT_OBJECT</c>, which filters, instances and volumes begin with.</param>
/// <param name="Operations">Where <c>_FLT_FILTER.Operations</c> is, behind the object.</param>
/// <param name="CallbackNodes">Where <c>_FLT_INSTANCE.CallbackNodes</c> is, behind the object.</param>
/// <param name="DeviceName">Where <c>_FLT_VOLUME.DeviceName</c> is, behind the object.</param>
internal sealed record FilterManagerLayout(uint ObjectSize, uint Operations, uint CallbackNodes, uint DeviceName)
{
    private const int Windows8 = 9200;
    private const int Windows11 = 21390;
    private const int Windows24H2 = 26100;

    /// <summary>The layout of a build.</summary>
    public static FilterManagerLayout Of(int build) => build switch
    {
        < Windows8 => new(0x20, 0x168, 0x70, 0x30),
        < Windows11 => new(0x30, 0x178, 0x70, 0x30),
        < Windows24H2 => new(0x30, 0x178, 0x78, 0x30),
        _ => new(0x38, 0x178, 0x78, 0x30),
    };
}
