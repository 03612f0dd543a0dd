namespace NtScope.Lab.Cpu;

/// <summary>Who watches the processor while it runs. Called from inside the emulator: an exception stops it and leaves <see cref="ICpu.Run"/>.</summary>
internal interface ICpuObserver
{
    /// <summary>A watched access is about to happen.</summary>
    /// <returns>False to stop the processor.</returns>
    bool OnAccess(ulong address, int size, bool isWrite);

    /// <summary>An instruction is about to run; registers can be read and written.</summary>
    /// <returns>Where to go on; 0 for this instruction.</returns>
    ulong OnInstruction(ulong address);

    /// <summary>A basic block is entered.</summary>
    /// <returns>False to stop the processor.</returns>
    bool OnBlock(ulong address);
}
