namespace NtScope.Captures.Formats;

/// <summary>Memory byte for byte from physical address 0, as most acquisition tools and hypervisors write it.</summary>
internal static class RawFormat
{
    private const int PageSize = 0x1000;

    public static CaptureLayout Read(CaptureMedium medium)
    {
        if (medium.Length < Limits.RawCaptureMinimum || medium.Length % PageSize != 0)
        {
            throw new InputException(
                medium.Name,
                $"this is neither a Windows image nor a capture that NtScope knows: it has no signature, and 0x{medium.Length:x} bytes are no raw memory (whole 4 KiB pages, 1 MiB at least)");
        }

        return new CaptureLayout(
            CaptureFormat.Raw,
            "raw memory",
            [new FileRun(0, (ulong)medium.Length, 0)],
            CaptureHeader.Empty,
            []);
    }
}
