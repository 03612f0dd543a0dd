using System.Text;

namespace NtScope.Captures.Formats;

/// <summary>The fields of DUMP_HEADER64 (mindumpdef, two pages) and DUMP_HEADER32 (one page).</summary>
internal static class CrashDumpHeader
{
    public const int Size64 = 0x2000;

    private const uint MachineX86 = 0x14C;
    private const uint MachineX64 = 0x8664;
    private const uint MachineArm64 = 0xAA64;

    // What the kernel fills a header with before it knows better: 'PAGE'.
    private const uint Filler = 0x45474150;

    public static CaptureHeader Read64(byte[] header) => new()
    {
        Architecture = Architecture(CaptureFormats.UInt32(header, 0x30)),
        DirectoryTable = CaptureFormats.Root(CaptureFormats.UInt64(header, 0x10)),
        LoadedModuleList = CaptureFormats.Address(CaptureFormats.UInt64(header, 0x20)),
        ActiveProcessHead = CaptureFormats.Address(CaptureFormats.UInt64(header, 0x28)),
        DebuggerDataBlock = CaptureFormats.Address(CaptureFormats.UInt64(header, 0x80)),
        MajorVersion = CaptureFormats.UInt32(header, 8),
        Build = CaptureFormats.UInt32(header, 0xC),
        ProcessorCount = Count(CaptureFormats.UInt32(header, 0x34)),
        BugCheckCode = BugCheck(CaptureFormats.UInt32(header, 0x38)),
        BugCheckParameters = BugCheck(CaptureFormats.UInt32(header, 0x38)) is null
            ? []
            : [.. Enumerable.Range(0, 4).Select(i => CaptureFormats.UInt64(header, 0x40 + 8 * i))],
        Time = Time(CaptureFormats.UInt64(header, 0xFA8)),
        UpTime = UpTime(CaptureFormats.UInt64(header, 0x1030)),
        Comment = Comment(header.AsSpan(0xFB0, 128)),
        Processors = [new ProcessorState(CaptureFormats.Root(CaptureFormats.UInt64(header, 0x10)), InstructionPointer: CaptureFormats.Address(Valid(CaptureFormats.UInt64(header, 0x348 + 0xF8))))],
    };

    public static CaptureHeader Read32(byte[] header)
    {
        var isExtended = header[0x5C] == 1;
        return new CaptureHeader
        {
            Architecture = Architecture(CaptureFormats.UInt32(header, 0x20)),
            PhysicalAddressExtension = isExtended,
            DirectoryTable = CaptureFormats.Root(CaptureFormats.UInt32(header, 0x10), isExtended ? 0xFFFFFFE0 : 0xFFFFF000),
            LoadedModuleList = CaptureFormats.Address(CaptureFormats.UInt32(header, 0x18)),
            ActiveProcessHead = CaptureFormats.Address(CaptureFormats.UInt32(header, 0x1C)),
            DebuggerDataBlock = CaptureFormats.Address(CaptureFormats.UInt32(header, 0x60)),
            MajorVersion = CaptureFormats.UInt32(header, 8),
            Build = CaptureFormats.UInt32(header, 0xC),
            ProcessorCount = Count(CaptureFormats.UInt32(header, 0x24)),
            BugCheckCode = BugCheck(CaptureFormats.UInt32(header, 0x28)),
            BugCheckParameters = BugCheck(CaptureFormats.UInt32(header, 0x28)) is null
                ? []
                : [.. Enumerable.Range(0, 4).Select(i => (ulong)CaptureFormats.UInt32(header, 0x2C + 4 * i))],
            Time = Time(CaptureFormats.UInt64(header, 0xFC0)),
            UpTime = UpTime(CaptureFormats.UInt64(header, 0xFB8)),
            Comment = Comment(header.AsSpan(0x820, 128)),
        };
    }

    private static ProcessorArchitecture Architecture(uint machine) => machine switch
    {
        MachineX86 => ProcessorArchitecture.X86,
        MachineX64 => ProcessorArchitecture.X64,
        MachineArm64 => ProcessorArchitecture.Arm64,
        _ => ProcessorArchitecture.Unknown,
    };

    private static ulong Valid(ulong value) => (uint)value == Filler ? 0 : value;

    private static uint? Count(uint value) => value is 0 or > Limits.Processors ? null : value;

    private static uint? BugCheck(uint value) => value is 0 or Filler ? null : value;

    private static DateTimeOffset? Time(ulong fileTime) => FileTime.Parse(Valid(fileTime));

    private static TimeSpan? UpTime(ulong ticks) =>
        Valid(ticks) == 0 || ticks > (ulong)TimeSpan.FromDays(36500).Ticks ? null : TimeSpan.FromTicks((long)ticks);

    private static string? Comment(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        var text = Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
        return text.Length == 0 || text.StartsWith("PAGE", StringComparison.Ordinal) ? null : text;
    }
}
