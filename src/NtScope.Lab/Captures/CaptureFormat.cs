namespace NtScope.Lab.Captures;

/// <summary>How a capture is saved.</summary>
public enum CaptureFormat
{
    /// <summary>Memory as it lies, holes filled with zeros.</summary>
    Raw,

    /// <summary>A complete Windows crash dump (type 1): every page of RAM.</summary>
    Dump,

    /// <summary>A complete Windows crash dump with a bitmap of its pages (type 5): the pages in use.</summary>
    Bitmap,

    /// <summary>A kernel crash dump with a bitmap of its pages (type 6, before Windows 8 of x86 type 2): the pages that the kernel's half maps.</summary>
    KernelBitmap,

    /// <summary>An ELF core as QEMU saves it.</summary>
    Elf,
}
