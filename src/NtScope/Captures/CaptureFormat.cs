namespace NtScope.Captures;

/// <summary>How a capture stores physical memory.</summary>
public enum CaptureFormat
{
    /// <summary>Byte for byte from physical address 0, holes padded.</summary>
    Raw,

    /// <summary>Windows crash dump, complete: runs of pages (type 1).</summary>
    FullDump,

    /// <summary>Windows crash dump of kernel memory with the bitmap of Windows 7 and before (type 2).</summary>
    KernelDump,

    /// <summary>Windows crash dump with a bitmap of pages: complete, active, kernel, automatic or live (types 5, 6, 7).</summary>
    BitmapDump,

    /// <summary>A dump that a debugger wrote with a list of page ranges: <c>.dump /k</c>, <c>/ka</c>, <c>/f</c> (types 8, 9, 0xA).</summary>
    RangeDump,

    /// <summary>An ELF core file of a virtual machine: QEMU or VirtualBox.</summary>
    ElfCore,

    /// <summary>VMware memory with its snapshot or suspend state.</summary>
    VMware,

    /// <summary>LiME: ranges, each with a header of its own.</summary>
    Lime,

    /// <summary>No file: the memory of a simulated machine in this process, as it is when it is read.</summary>
    Machine,
}
