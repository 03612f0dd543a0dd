using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Objects;

/// <summary>OBJECT_ATTRIBUTES (ntdef.h, x64).</summary>
/// <param name="Root">The handle that the name is relative to; 0 for none.</param>
/// <param name="Name">The name.</param>
/// <param name="Flags">OBJ_KERNEL_HANDLE 0x200, OBJ_OPENIF 0x80, OBJ_CASE_INSENSITIVE 0x40.</param>
internal readonly record struct ObjectAttributes(ulong Root, string Name, uint Flags)
{
    /// <summary>Whether a kernel handle is asked for.</summary>
    public bool WantsKernelHandle => (Flags & 0x200) != 0;

    /// <summary>Whether an object that has the name already is opened.</summary>
    public bool OpensExisting => (Flags & 0x80) != 0;

    /// <summary>Reads the structure; a null pointer gives an empty name.</summary>
    public static ObjectAttributes Read(GuestMemory memory, ulong address) => address == 0
        ? default(ObjectAttributes) with { Name = string.Empty }
        : new ObjectAttributes(memory.ReadUInt64(address + 8), memory.ReadUnicodeString(memory.ReadUInt64(address + 0x10)), memory.ReadUInt32(address + 0x18));
}
