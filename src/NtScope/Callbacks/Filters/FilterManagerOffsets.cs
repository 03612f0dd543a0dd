namespace NtScope.Callbacks.Filters;

/// <summary>
/// Where the filter manager's x64 structures differ between builds. Everything else keeps its distance from the end of the <c>_FLT_OBJECT</c> that
/// filters, instances and volumes begin with.
/// </summary>
/// <param name="ObjectSize">The size of <c>_FLT_OBJECT</c>.</param>
/// <param name="Operations">Where <c>_FLT_FILTER.Operations</c> is, from the end of the object.</param>
/// <param name="CallbackNodes">Where <c>_FLT_INSTANCE.CallbackNodes</c> is, from the end of the object; null if nothing fits.</param>
/// <param name="DeviceName">Where <c>_FLT_VOLUME.DeviceName</c> is, from the end of the object; null if nothing fits.</param>
internal sealed record FilterManagerOffsets(uint ObjectSize, uint Operations, uint? CallbackNodes, uint? DeviceName)
{
    // As debuggers print them and tools publish them; the first build of each.
    private static readonly (int FirstBuild, FilterManagerOffsets Offsets)[] Known =
    [
        (7600, new(0x20, 0x168, 0x70, 0x30)),
        (10240, new(0x30, 0x178, 0x70, 0x30)),
        (21390, new(0x30, 0x178, 0x78, 0x30)),
        (26100, new(0x38, 0x178, 0x78, 0x30)),
    ];

    /// <summary>Those of a build, else of the build before it that is known, else of the oldest.</summary>
    public static FilterManagerOffsets OfBuild(int build) => Known.LastOrDefault(known => known.FirstBuild <= build, Known[0]).Offsets;
}
