namespace NtScope.Testing.Captures;

/// <summary>What a crash dump's header shall say.</summary>
public sealed record CrashDumpFacts
{
    /// <summary>CR3.</summary>
    public ulong DirectoryTableBase { get; init; } = 0x1AD000;

    /// <summary>Address of the list of loaded modules.</summary>
    public ulong LoadedModuleList { get; init; } = 0xFFFFF804_13C62170;

    /// <summary>Address of the list of processes.</summary>
    public ulong ActiveProcessHead { get; init; } = 0xFFFFF804_13C52B80;

    /// <summary>Address of the debugger's data block.</summary>
    public ulong DebuggerDataBlock { get; init; } = 0xFFFFF804_13C405E0;

    /// <summary>The build.</summary>
    public uint Build { get; init; } = 18362;

    /// <summary>The number of processors.</summary>
    public uint Processors { get; init; } = 2;

    /// <summary>The bug check; its parameters are 1 to 4.</summary>
    public uint BugCheckCode { get; init; } = 0xD1;

    /// <summary>The time of the dump.</summary>
    public DateTimeOffset Time { get; init; } = new(2019, 11, 13, 16, 53, 0, TimeSpan.Zero);

    /// <summary>How long the machine ran.</summary>
    public TimeSpan UpTime { get; init; } = TimeSpan.FromMinutes(90);

    /// <summary>The comment.</summary>
    public string Comment { get; init; } = "planted by a test";

    /// <summary>Whether a 32-bit dump says PAE.</summary>
    public bool PhysicalAddressExtension { get; init; } = true;
}
