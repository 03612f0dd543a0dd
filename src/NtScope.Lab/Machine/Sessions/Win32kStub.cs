using System.Buffers.Binary;

namespace NtScope.Lab.Machine.Sessions;

/// <summary>
/// A stub by which win32k.sys hands a service on since 14393. Up to 17134 a plain jump through an import. Since 17763 the linker leaves the room in which the
/// loader makes a direct jump of it (import optimization), and since 19041 some stubs check their slot first.
/// </summary>
internal static class Win32kStub
{
    private const int OptimizedSince = 17763;
    private const int CheckedSince = 19041;
    private const byte Breakpoint = 0xCC;
    private const byte RexW = 0x48;
    private const int OptimizedSize = 12;
    private const int NearJumpSize = 5;

    /// <summary>The stub as the linker leaves it.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="image">Where win32k.sys is.</param>
    /// <param name="rva">Where the stub is in it.</param>
    /// <param name="slot">The slot of its import.</param>
    /// <param name="isChecked">Whether it checks the slot, where stubs do so.</param>
    public static byte[] AsLinked(MachineContext context, VirtualAddress image, uint rva, uint slot, bool isChecked) => context switch
    {
        { IsNarrow: true } => NarrowJump(image + slot),
        { Version.Build: < OptimizedSince } => Jump([0xFF, 0x25], rva, slot, size: 6),
        { Version.Build: >= CheckedSince } when isChecked => CheckedCall(rva, slot),
        _ => Jump([RexW, 0xFF, 0x25], rva, slot, OptimizedSize),
    };

    /// <summary>The stub as the loader leaves it in memory.</summary>
    /// <param name="linked">As it was linked.</param>
    /// <param name="stub">Where it is.</param>
    /// <param name="routine">What its import was bound to.</param>
    public static byte[] AsLoaded(byte[] linked, VirtualAddress stub, VirtualAddress routine)
    {
        if (linked is not [RexW, 0xFF, 0x25, ..])
        {
            return linked;
        }

        var code = new byte[linked.Length];
        code.AsSpan().Fill(Breakpoint);
        code[0] = 0xE9;
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(1), (int)(long)(routine.Value - stub.Value - NearJumpSize));
        return code;
    }

    // jmp qword ptr [slot]
    private static byte[] Jump(ReadOnlySpan<byte> instruction, uint rva, uint slot, int size)
    {
        var code = new byte[size];
        code.AsSpan().Fill(Breakpoint);
        instruction.CopyTo(code);
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(instruction.Length), (int)(slot - rva) - instruction.Length - sizeof(int));
        return code;
    }

    // jmp dword ptr [slot]
    private static byte[] NarrowJump(VirtualAddress slot)
    {
        var code = new byte[] { 0xFF, 0x25, 0, 0, 0, 0 };
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(2), (uint)slot.Value);
        return code;
    }

    // sub rsp,28h; cmp qword ptr [slot],0; je absent; call qword ptr [slot]; add rsp,28h; ret; absent: mov eax,C000001Ch; add rsp,28h; ret
    private static byte[] CheckedCall(uint rva, uint slot)
    {
        var code = Convert.FromHexString("4883EC2848833D0000000000740BFF15000000004883C428C3B81C0000C04883C428C3");
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(7), (int)(slot - rva - 12));
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(16), (int)(slot - rva - 20));
        return code;
    }
}
