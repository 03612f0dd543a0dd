namespace NtScope.Lab.Machine;

/// <summary>The times of every lab machine, as Windows file times: they are the same so that the same options give the same bytes.</summary>
internal static class LabClock
{
    /// <summary>When the machine was started.</summary>
    public static readonly long Boot = new DateTime(2024, 3, 11, 7, 42, 19, DateTimeKind.Utc).ToFileTimeUtc();

    /// <summary>When the capture is taken.</summary>
    public static readonly long Now = Boot + TimeSpan.FromMinutes(163).Ticks;
}
