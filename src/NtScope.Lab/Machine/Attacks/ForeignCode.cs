using System.Buffers.Binary;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Code that belongs to no module, as malware brings it, and the jumps that lead there.</summary>
/// <param name="context">The machine.</param>
/// <param name="space">The memory that maps it.</param>
/// <param name="start">Where it goes.</param>
internal sealed class ForeignCode(MachineContext context, LabAddressSpace space, VirtualAddress start)
{
    private const ulong Size = 0x6000;
    private const int Spacing = 0x100;

    private int _used;

    /// <summary>All of it, once something was added.</summary>
    public MemoryRegion? Region { get; private set; }

    /// <summary>Adds a routine.</summary>
    /// <param name="size">Bytes that it may take.</param>
    /// <returns>Where it begins.</returns>
    public VirtualAddress Add(int size = Spacing)
    {
        Region ??= space.Allocate(start, Size, PageAccess.Write | PageAccess.Execute);
        var routine = start + (ulong)_used;
        _used += (size + Spacing - 1) / Spacing * Spacing;
        space.Write(routine, context.Code($"foreign {_used}", Spacing));
        return routine;
    }

    /// <summary>What a hook writes over the start of a routine: jmp qword ptr [rip]; the address. On x86 jmp rel32.</summary>
    public byte[] JumpFrom(VirtualAddress routine, VirtualAddress target)
    {
        if (context.IsNarrow)
        {
            return RelativeJump(routine, target);
        }

        var code = new byte[14];
        code[0] = 0xFF;
        code[1] = 0x25;
        BinaryPrimitives.WriteUInt64LittleEndian(code.AsSpan(6), target.Value);
        return code;
    }

    private static byte[] RelativeJump(VirtualAddress routine, VirtualAddress target)
    {
        var code = new byte[] { 0xE9, 0, 0, 0, 0 };
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(1), (int)(uint)(target - routine - 5));
        return code;
    }
}
