using NtScope.Images;

namespace NtScope.Kernel;

/// <summary>
/// The page that Windows shares with every process, KUSER_SHARED_DATA (ntddk.h). The fields read here have the same places on x86 and x64 and
/// since Windows XP; what is not captured or not plausible is null.
/// </summary>
public sealed class SharedUserData
{
    private const int InterruptTime = 0x08;
    private const int SystemTime = 0x14;
    private const int BuildNumber = 0x260;
    private const int MajorVersion = 0x26C;
    private const int MinorVersion = 0x270;

    private readonly IMemory _memory;
    private readonly VirtualAddress _base;

    /// <summary>Looks at the page through the kernel's address space.</summary>
    public SharedUserData(IMemory memory)
    {
        _memory = memory;
        _base = new VirtualAddress(memory.PointerSize == sizeof(ulong) ? 0xFFFFF780_00000000 : 0xFFDF0000);
    }

    /// <summary>The version of Windows, without a revision: from Windows 10 on, before the build does not stand here.</summary>
    public FileVersion? Version =>
        _memory.TryReadUInt32(_base + MajorVersion, out var major, out _)
        && _memory.TryReadUInt32(_base + MinorVersion, out var minor, out _)
        && _memory.TryReadUInt32(_base + BuildNumber, out var build, out _)
        && major is >= 5 and <= 10 && build is > 2000 and < 100_000
            ? new FileVersion((int)major, (int)minor, (int)build, 0)
            : null;

    /// <summary>The machine's own clock (UTC) when the page was captured.</summary>
    public DateTimeOffset? Time => FileTime.Parse((ulong?)ReadTime(SystemTime));

    /// <summary>How long the machine had been up.</summary>
    public TimeSpan? UpTime => ReadTime(InterruptTime) is { } time && time is > 0 && time < TimeSpan.FromDays(36500).Ticks ? TimeSpan.FromTicks(time) : null;

    // KSYSTEM_TIME: the low part, the high part, and the high part once more, which differs while the clock is being written.
    private long? ReadTime(int offset) =>
        _memory.TryReadUInt32(_base + (ulong)offset, out var low, out _)
        && _memory.TryReadUInt32(_base + (ulong)offset + 4, out var high, out _)
        && _memory.TryReadUInt32(_base + (ulong)offset + 8, out var again, out _)
        && high == again
            ? (long)high << 32 | low
            : null;
}
