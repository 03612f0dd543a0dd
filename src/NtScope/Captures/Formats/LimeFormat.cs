namespace NtScope.Captures.Formats;

/// <summary>
/// LiME: ranges one behind the other, each behind a header of 32 bytes: magic 0x4C694D45, version 1, first and last address (inclusive),
/// 8 bytes reserved.
/// </summary>
internal static class LimeFormat
{
    private const int HeaderSize = 32;
    private const uint Magic = 0x4C694D45;

    public static bool HasSignature(ReadOnlySpan<byte> start) => start.Length >= 8 && CaptureFormats.UInt32(start, 0) == Magic;

    public static CaptureLayout Read(CaptureMedium medium)
    {
        var runs = new List<FileRun>();
        var problems = new List<string>();
        long offset = 0;
        while (offset < medium.Length)
        {
            if (medium.Length - offset < HeaderSize && runs.Count > 0)
            {
                problems.Add($"What follows the LiME range at offset 0x{offset:x} is no further range; it is left out.");
                break;
            }

            var header = medium.ReadStructure(offset, HeaderSize, "LiME range header");
            var first = CaptureFormats.UInt64(header, 8);
            var last = CaptureFormats.UInt64(header, 16);
            if (CaptureFormats.UInt32(header, 0) != Magic || CaptureFormats.UInt32(header, 4) != 1 || last < first || last - first >= long.MaxValue)
            {
                if (runs.Count == 0)
                {
                    throw new InputException(medium.Name, "LiME range header", offset, "is not version 1, or its range is backwards");
                }

                problems.Add($"What follows the LiME range at offset 0x{offset:x} is no further range; it is left out.");
                break;
            }

            if (runs.Count == Limits.CaptureRuns)
            {
                throw new InputException(medium.Name, "LiME range header", offset, $"is one of more than {Limits.CaptureRuns} ranges");
            }

            var length = last - first + 1;
            runs.Add(new FileRun(first, length, offset + HeaderSize));
            if (length > (ulong)(medium.Length - offset - HeaderSize))
            {
                break;
            }

            offset += HeaderSize + (long)length;
        }

        return new CaptureLayout(CaptureFormat.Lime, "LiME capture", runs, CaptureHeader.Empty, problems);
    }
}
