namespace NtScope.Captures;

/// <summary>What the headers of a capture say of the machine. What a format does not say is null; nothing here is verified yet.</summary>
public sealed record CaptureHeader
{
    /// <summary>A header that says nothing, as raw captures have.</summary>
    public static CaptureHeader Empty { get; } = new();

    /// <summary>The instruction set; <see cref="ProcessorArchitecture.Unknown"/> if the headers do not say.</summary>
    public ProcessorArchitecture Architecture { get; init; }

    /// <summary>Whether 32-bit page tables have the PAE form.</summary>
    public bool? PhysicalAddressExtension { get; init; }

    /// <summary>The root of the page tables that were active: CR3, as <see cref="ProcessorState.DirectoryTable"/>.</summary>
    public PhysicalAddress? DirectoryTable { get; init; }

    /// <summary>Address of <c>nt!PsLoadedModuleList</c>.</summary>
    public VirtualAddress? LoadedModuleList { get; init; }

    /// <summary>Address of <c>nt!PsActiveProcessHead</c>.</summary>
    public VirtualAddress? ActiveProcessHead { get; init; }

    /// <summary>Address of <c>nt!KdDebuggerDataBlock</c>.</summary>
    public VirtualAddress? DebuggerDataBlock { get; init; }

    /// <summary>The kind of build (0xF free, 0xC checked) as the header holds it.</summary>
    public uint? MajorVersion { get; init; }

    /// <summary>The Windows build number.</summary>
    public uint? Build { get; init; }

    /// <summary>How many processors the machine had.</summary>
    public uint? ProcessorCount { get; init; }

    /// <summary>The bug check code; null if the machine did not crash.</summary>
    public uint? BugCheckCode { get; init; }

    /// <summary>The four bug check parameters; empty without a bug check.</summary>
    public IReadOnlyList<ulong> BugCheckParameters { get; init; } = [];

    /// <summary>When the capture was taken, by the machine's own clock.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>How long the machine had been up.</summary>
    public TimeSpan? UpTime { get; init; }

    /// <summary>The comment that the writer left; untrusted text.</summary>
    public string? Comment { get; init; }

    /// <summary>The processors' registers, as far as they were saved.</summary>
    public IReadOnlyList<ProcessorState> Processors { get; init; } = [];
}
