using NtScope.Images;

namespace NtScope.Lab.Machine.Images;

/// <summary>An image as the machine maps it.</summary>
/// <param name="Name">Its file name (<c>ntoskrnl.exe</c>).</param>
/// <param name="Path">Its full path, as the module list holds it.</param>
/// <param name="Base">Where it is mapped.</param>
/// <param name="Size">Its size as mapped, in bytes.</param>
/// <param name="EntryPoint">The RVA of its entry point.</param>
/// <param name="TimeDateStamp">When it was linked, as its header says it.</param>
/// <param name="CheckSum">Its header's check sum.</param>
/// <param name="Pdb">What ties it to symbols.</param>
public sealed record LabImage(
    string Name,
    string Path,
    VirtualAddress Base,
    uint Size,
    uint EntryPoint,
    uint TimeDateStamp,
    uint CheckSum,
    PdbIdentity Pdb)
{
    /// <summary>Whether it was linked with <c>/integritycheck</c>; the kernel takes certain callbacks from such images only.</summary>
    public bool ForcesIntegrity { get; init; }

    /// <summary>Whether <paramref name="address"/> lies in it.</summary>
    public bool Contains(VirtualAddress address) => address >= Base && address - Base < Size;
}
