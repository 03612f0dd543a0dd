namespace NtScope.Fuzz.Machines;

/// <summary>How a lab machine is saved for fuzzing: the lab's own formats and those that the tests' writers know.</summary>
internal enum LabFormat
{
    /// <summary>Raw memory.</summary>
    Raw,

    /// <summary>A complete crash dump, type 1.</summary>
    Dump,

    /// <summary>A bitmap dump, type 5.</summary>
    Bitmap,

    /// <summary>An ELF core of QEMU.</summary>
    Elf,

    /// <summary>A VMware state file with the memory in it.</summary>
    VMware,

    /// <summary>LiME.</summary>
    Lime,

    /// <summary>A kernel dump that a debugger wrote, type 8.</summary>
    DebuggerKernel,

    /// <summary>A complete dump that a debugger wrote, type 0xA.</summary>
    DebuggerComplete,
}
