namespace NtScope.Lab;

/// <summary>The bounds that hold a hostile driver. Each is far above what a real driver needs.</summary>
internal static class LabLimits
{
    /// <summary>Calls from the executive into drivers that nest inside one another on one thread.</summary>
    public const int NestedCalls = 100;

    /// <summary>Findings that are kept; the next ones are only counted.</summary>
    public const int Findings = 1000;

    /// <summary>Stacks of calls that are kept to explain what is left behind; of further ones only the place of the call is.</summary>
    public const int StackTraces = 1 << 14;

    /// <summary>Frames of a stack walk.</summary>
    public const int StackFrames = 64;

    /// <summary>Basic blocks that dispatching an exception is charged as.</summary>
    public const int BlocksOfException = 1000;

    /// <summary>Basic blocks that a call of the executive is charged as.</summary>
    public const int BlocksOfCall = 10;

    /// <summary>256 bytes that the executive copies or clears are charged as a basic block.</summary>
    public const int BytesOfBlockBits = 8;

    /// <summary>Allocations of both pools that are not freed.</summary>
    public const int PoolBlocks = 1 << 20;

    /// <summary>Bytes of all files of the volume, and of all values of the registry.</summary>
    public const long StoredBytes = 512L << 20;

    /// <summary>Files and directories of the volume, and keys and values of the registry.</summary>
    public const int StoredNodes = 1 << 18;

    /// <summary>Symbolic links.</summary>
    public const int Links = 4096;

    /// <summary>Threads of one machine.</summary>
    public const int Threads = 256;

    /// <summary>Bytes of a single pool allocation.</summary>
    public const ulong PoolAllocation = 64UL << 20;

    /// <summary>Bytes of an image as loaded.</summary>
    public const uint DriverImage = 64u << 20;

    /// <summary>Characters of debug output that are kept.</summary>
    public const int DebugCharacters = 4 << 20;

    /// <summary>Bytes of one file or stream of the volume, of one registry value, of one I/O buffer.</summary>
    public const int DataBytes = 64 << 20;

    /// <summary>Handles of one machine.</summary>
    public const int Handles = 1 << 16;

    /// <summary>DPCs, timers and work items that run before the machine must have become idle.</summary>
    public const int DeferredCalls = 100_000;

    /// <summary>Timers that expire while a user waits for a request.</summary>
    public const int Expiries = 250_000;

    /// <summary>How long a user waits for a request: a day of the machine's time, in units of 100 ns.</summary>
    public const long PendingTime = 864_000_000_000;

    /// <summary>Entries of a function's scope table.</summary>
    public const uint Scopes = 0xFFFF;

    /// <summary>Characters of debug output without a line end that are kept as one line.</summary>
    public const int DebugLine = 8192;

    /// <summary>16 characters that the executive formats are charged as a basic block.</summary>
    public const int CharactersOfBlockBits = 4;

    /// <summary>64 comparisons of characters are charged as a basic block.</summary>
    public const int ComparisonsOfBlockBits = 6;

    /// <summary>A basic block is charged for each so many separate pieces of probed user memory that another one is added to.</summary>
    public const int ProbesOfBlock = 8;

    /// <summary>Views of sections.</summary>
    public const int Views = 512;

    /// <summary>Separate pieces of mapped memory: stacks, images, sections, views, large buffers. The CPU emulator ends the process with 4096.</summary>
    public const int Regions = 3072;

    /// <summary>Bytes that mapping or unmapping is charged as for each piece there is: the CPU emulator goes over all of them.</summary>
    public const ulong BytesOfRegion = 0x1000;

    /// <summary>Keys from a key of the registry to its root.</summary>
    public const int KeyDepth = 512;

    /// <summary>Characters of a key's name.</summary>
    public const int KeyName = 255;

    /// <summary>Characters of a file's name.</summary>
    public const int FileName = 255;

    /// <summary>Characters of a file's path.</summary>
    public const int FilePath = 32_767;

    /// <summary>Stack locations of one IRP.</summary>
    public const int StackLocations = 32;
}
