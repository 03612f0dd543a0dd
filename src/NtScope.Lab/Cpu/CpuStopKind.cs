namespace NtScope.Lab.Cpu;

/// <summary>Why the processor stopped.</summary>
internal enum CpuStopKind
{
    /// <summary>It executed <c>hlt</c>; RIP is behind it.</summary>
    Halt,

    /// <summary>A software interrupt or a divide error; <see cref="CpuStop.Detail"/> is its vector.</summary>
    Interrupt,

    /// <summary>A read, write or fetch that no mapping allows; <see cref="CpuStop.Detail"/> is the address.</summary>
    MemoryFault,

    /// <summary>Bytes that are no instruction, or one that the emulator does not have.</summary>
    InvalidInstruction,

    /// <summary>The observer stopped it at an access; <see cref="CpuStop.Detail"/> is the address.</summary>
    Watched,

    /// <summary>The observer stopped it at a block.</summary>
    Block,

    /// <summary>The observer wants it to go on elsewhere; <see cref="CpuStop.Detail"/> is the address.</summary>
    Redirected,
}
