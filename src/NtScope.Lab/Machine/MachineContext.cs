using System.Text;
using NtScope.Images;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Symbols.Types;

namespace NtScope.Lab.Machine;

/// <summary>What every part of the machine's builder works on.</summary>
internal sealed class MachineContext
{
    private ITypeSource? _types;

    /// <summary>What is asked for.</summary>
    public required MachineMemoryOptions Options { get; init; }

    /// <summary>Everything that chance decides.</summary>
    public required Random Random { get; init; }

    /// <summary>The system's address space.</summary>
    public required LabAddressSpace System { get; init; }

    /// <summary>Nonpaged pool.</summary>
    public required IKernelPool NonPagedPool { get; init; }

    /// <summary>Paged pool.</summary>
    public required IKernelPool PagedPool { get; init; }

    /// <summary>The kernel's image.</summary>
    public required KernelImage Kernel { get; init; }

    /// <summary>What is known of the kernel.</summary>
    public LabKernel Known => Options.Kernel;

    /// <summary>The kernel's file version.</summary>
    public FileVersion Version => Known.Version;

    /// <summary>The kernel's structures.</summary>
    public ITypeSource Types => _types ??= Known.Types;

    /// <summary>Whether it is an x86 machine.</summary>
    public bool IsNarrow => Known.IsNarrow;

    /// <summary>Whether object headers hold their type's index scrambled: since Windows 10.</summary>
    public bool HasHeaderCookie => Version.Build >= 10240;

    /// <summary>The size of a pointer, in bytes.</summary>
    public uint PointerSize => (uint)System.PointerSize;

    /// <summary>The bits of a pointer at a routine's block that count references (<c>_EX_FAST_REF</c>).</summary>
    public ulong FastReferences => 2 * (ulong)PointerSize - 1;

    /// <summary>The structure of a type at an address of the system's memory.</summary>
    public LabStructure At(string type, VirtualAddress address) => new(System, Types, type, address);

    /// <summary>A new structure in nonpaged pool.</summary>
    public LabStructure New(string type, string tag) => At(type, NonPagedPool.Allocate((int)LabStructure.SizeOf(Types, type), PoolTag.Of(tag)));

    /// <summary>The bytes of a routine that does nothing.</summary>
    /// <param name="name">The routine.</param>
    /// <param name="room">How many bytes lie between its start and what comes next.</param>
    public ReadOnlySpan<byte> Code(string name, int room) => RoutineBytes.Of(name, room, asListed: false, IsNarrow);

    /// <summary>Makes a list head empty.</summary>
    public void InitializeList(VirtualAddress head)
    {
        System.WritePointer(head, head);
        System.WritePointer(head + PointerSize, head);
    }

    /// <summary>Puts an entry at the end of a list.</summary>
    public void InsertTail(VirtualAddress head, VirtualAddress entry)
    {
        var last = ReadPointer(head + PointerSize);
        System.WritePointer(entry, head);
        System.WritePointer(entry + PointerSize, last);
        System.WritePointer(last, entry);
        System.WritePointer(head + PointerSize, entry);
    }

    /// <summary>Takes an entry out of its list and leaves it pointing at itself, as a rootkit does.</summary>
    public void Unlink(VirtualAddress entry)
    {
        var (next, previous) = (ReadPointer(entry), ReadPointer(entry + PointerSize));
        System.WritePointer(previous, next);
        System.WritePointer(next + PointerSize, previous);
        InitializeList(entry);
    }

    /// <summary>Reads a pointer that was written before.</summary>
    public VirtualAddress ReadPointer(VirtualAddress address) => System.TryReadPointer(address, out var value, out _)
        ? value
        : throw System.Fault(address);

    /// <summary>Writes a <c>_UNICODE_STRING</c> whose characters go to paged pool, ended by a zero.</summary>
    public void WriteUnicodeString(VirtualAddress address, string text) => WriteUnicodeString(System, address, text, PagedPool.Allocate(2 * text.Length + 2, PoolTag.Of("ObNm")));

    /// <summary>Writes a <c>_UNICODE_STRING</c> and its characters, ended by a zero, at <paramref name="characters"/>.</summary>
    public static void WriteUnicodeString(LabAddressSpace space, VirtualAddress address, string text, VirtualAddress characters)
    {
        space.Write(characters, Encoding.Unicode.GetBytes(text + '\0'));
        space.WriteUInt16(address, (ushort)(2 * text.Length));
        space.WriteUInt16(address + 2, (ushort)(2 * text.Length + 2));
        space.WritePointer(address + (ulong)space.PointerSize, characters);
    }
}
