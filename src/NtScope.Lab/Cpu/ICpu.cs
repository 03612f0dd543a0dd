namespace NtScope.Lab.Cpu;

/// <summary>The emulated processor, as the executive needs it. The only seam to the native emulator.</summary>
internal interface ICpu : IDisposable
{
    /// <summary>Whom the processor tells of watched accesses and asks for its budget; set before the first run.</summary>
    ICpuObserver? Observer { get; set; }

    /// <summary>Makes host memory visible at an address. Both are page aligned.</summary>
    void Map(ulong address, ulong size, nint host, MemoryAccess access);

    /// <summary>Takes a mapping away.</summary>
    void Unmap(ulong address, ulong size);

    /// <summary>Changes what may be done with mapped pages.</summary>
    void Protect(ulong address, ulong size, MemoryAccess access);

    /// <summary>Forgets the translations of code; needed where code that has run may run no more.</summary>
    void FlushTranslations();

    /// <summary>Has accesses in a range reported to the observer. Only code translated afterwards reports: watch before running.</summary>
    void Watch(ulong start, ulong end);

    /// <summary>Has the observer asked before every instruction. Only code translated afterwards asks: say it before running.</summary>
    void TraceInstructions();

    /// <summary>Reads a register.</summary>
    ulong Read(Register register);

    /// <summary>Writes a register.</summary>
    void Write(Register register, ulong value);

    /// <summary>Reads a 128-bit register.</summary>
    UInt128 ReadVector(int number);

    /// <summary>Writes a 128-bit register.</summary>
    void WriteVector(int number, UInt128 value);

    /// <summary>Reads what a call needs, in one go: RCX, RDX, R8, R9, RSP.</summary>
    CallRegisters ReadCall();

    /// <summary>Runs from an address until something stops the processor.</summary>
    CpuStop Run(ulong address);

    /// <summary>Saves all registers in a new context.</summary>
    nint CreateContext();

    /// <summary>Saves all registers.</summary>
    void SaveContext(nint context);

    /// <summary>Restores all registers.</summary>
    void RestoreContext(nint context);

    /// <summary>Frees a context.</summary>
    void DestroyContext(nint context);
}
