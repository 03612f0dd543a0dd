using System.Buffers.Binary;

namespace NtScope.Captures.Formats;

/// <summary>Tells formats apart by content.</summary>
internal static class CaptureFormats
{
    private const int StartSize = 16;

    private static readonly (byte[] Signature, string Advice)[] OtherFormats =
    [
        ([0x4D, 0x44, 0x4D, 0x50], "this is a minidump of a process (MDMP); NtScope reads kernel dumps and memory captures"),
        ([0x1F, 0x8B], "this file is compressed with gzip: unpack it first"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "this file is compressed with xz: unpack it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "this file is compressed with zstd: unpack it first"),
        ([0x50, 0x4B, 0x03, 0x04], "this is a ZIP archive: unpack it first"),
        ([0x37, 0x7A, 0xBC, 0xAF], "this is a 7-Zip archive: unpack it first"),
        ([0x41, 0x56, 0x4D, 0x4C], "this is an AVML capture: convert it with avml-convert to LiME first"),
        ([0x48, 0x49, 0x42, 0x52], "this is a hibernation file; NtScope does not unpack it"),
        ([0x68, 0x69, 0x62, 0x72], "this is a hibernation file; NtScope does not unpack it"),
        ([0x4B, 0x44, 0x4D], "this is a virtual disk (VMDK), not a memory capture"),
        ([0x51, 0x46, 0x49, 0xFB], "this is a virtual disk (qcow2), not a memory capture"),
    ];

    public static bool HasSignature(ReadOnlySpan<byte> start) =>
        CrashDumpFormat.HasSignature(start) || ElfCoreFormat.HasSignature(start) || LimeFormat.HasSignature(start) || VMwareFormat.HasSignature(start);

    public static CaptureLayout Recognise(CaptureMedium medium, string? path)
    {
        Span<byte> start = stackalloc byte[StartSize];
        start = start[..medium.Read(0, start)];
        if (CrashDumpFormat.HasSignature(start))
        {
            return CrashDumpFormat.Read(medium);
        }

        if (ElfCoreFormat.HasSignature(start))
        {
            return ElfCoreFormat.Read(medium);
        }

        if (LimeFormat.HasSignature(start))
        {
            return LimeFormat.Read(medium);
        }

        if (VMwareFormat.HasSignature(start))
        {
            return VMwareFormat.ReadSnapshot(medium, path);
        }

        foreach (var (signature, advice) in OtherFormats)
        {
            if (start.StartsWith(signature))
            {
                throw new InputException(medium.Name, advice);
            }
        }

        return VMwareFormat.TryReadBeside(medium, path) ?? RawFormat.Read(medium);
    }

    public static ushort UInt16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    public static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    public static ulong UInt64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    /// <summary>An address that a header holds, or null for zero: not filled in.</summary>
    public static VirtualAddress? Address(ulong value) => value == 0 ? null : new VirtualAddress(value);

    /// <summary>The bits of CR3 that hold a root of page tables in one form or another: with PAE it is aligned to 32 bytes only.</summary>
    public const ulong AnyRoot = 0xF_FFFF_FFFF_FFE0;

    /// <summary>The root of page tables from CR3; null for zero.</summary>
    /// <param name="control3">CR3.</param>
    /// <param name="mask">The bits that hold the root; without it those of tables that fill a page, so that flags and PCID are left out.</param>
    public static PhysicalAddress? Root(ulong control3, ulong mask = 0xF_FFFF_FFFF_F000) => (control3 & mask) == 0 ? null : new PhysicalAddress(control3 & mask);

    /// <summary>Bytes of <paramref name="pages"/> pages; an address space has 2^52 bytes.</summary>
    /// <exception cref="InputException">There are more than an address space holds.</exception>
    public static ulong PageBytes(CaptureMedium medium, string structure, long offset, ulong pages) => pages <= Limits.PhysicalPages
        ? pages << 12
        : throw new InputException(medium.Name, structure, offset, $"names page 0x{pages:x}, more than a processor can address");
}
