using System.Buffers.Binary;
using Iced.Intel;

namespace NtScope.Syscalls;

/// <summary>Recognises the stubs of every Windows and of Wine. A form is taken only if every instruction of it is as it should be.</summary>
internal static class StubDecoder
{
    private const ulong SharedSystemCall = 0x7FFE0300;
    private const ulong SharedSystemCallFlag = 0x7FFE0308;
    private const int Wow64GateOffset = 0xC0;

    public static bool TryDecodeX64(InstructionReader code, out StubPattern stub)
    {
        stub = default;
        if (!code.TryNext(out var saved) || saved.Code is not (Code.Mov_r64_rm64 or Code.Mov_rm64_r64)
            || saved.Op0Register != Register.R10 || saved.Op1Register != Register.RCX
            || !TryLoadNumber(code, out var number)
            || !code.TryNext(out var next))
        {
            return false;
        }

        var form = StubForm.Syscall;
        if (next.Code == Code.Test_rm8_imm8 && next.MemoryDisplacement64 == SharedSystemCallFlag && next.Immediate8 == 1)
        {
            if (!code.TryNext(out var branch) || branch.Mnemonic != Mnemonic.Jne || !code.TryNext(out next))
            {
                return false;
            }

            form = StubForm.TestedSyscall;
        }

        stub = new StubPattern(form, number, StackBytes: null);
        return next.Code == Code.Syscall && code.TryNext(out var end) && end.Code == Code.Retnq;
    }

    public static bool TryDecodeX86(InstructionReader code, out StubPattern stub)
    {
        stub = default;
        if (!TryLoadNumber(code, out var number) || !code.TryNext(out var next))
        {
            return false;
        }

        StubForm form;
        if (next.Code == Code.Mov_r32_imm32 && next.Op0Register == Register.EDX)
        {
            var target = next.Immediate32;
            if (!code.TryNext(out next) || !IsCallThroughEdx(next))
            {
                return false;
            }

            form = target == SharedSystemCall ? StubForm.SharedDataCall : StubForm.Wow64Call;
            if (form == StubForm.Wow64Call && next.Op0Kind == OpKind.Memory)
            {
                return false;
            }
        }
        else if (next.Code == Code.Call_rel32_32)
        {
            return TryDecodeNearCall(code, next, number, out stub);
        }
        else
        {
            var loadsArguments = IsArgumentPointer(next);
            if (!loadsArguments && IsZeroOrNumberInEcx(next))
            {
                if (!code.TryNext(out next))
                {
                    return false;
                }

                loadsArguments = IsArgumentPointer(next);
            }

            if (loadsArguments && !code.TryNext(out next))
            {
                return false;
            }

            if (IsWow64Gate(next))
            {
                form = StubForm.Wow64Gate;
            }
            else if (loadsArguments && next.Code == Code.Int_imm8 && next.Immediate8 == 0x2E)
            {
                form = StubForm.Interrupt;
            }
            else
            {
                return false;
            }
        }

        return TryFinish(code, form, number, out stub);
    }

    public static bool TryDecodeArm64(ReadOnlySpan<byte> code, out StubPattern stub)
    {
        const uint SupervisorCall = 0xD4000001;
        const uint Return = 0xD65F03C0;
        stub = default;
        if (code.Length < 2 * sizeof(uint))
        {
            return false;
        }

        var first = BinaryPrimitives.ReadUInt32LittleEndian(code);
        stub = new StubPattern(StubForm.SupervisorCall, (first >> 5) & 0xFFFF, StackBytes: null);
        return (first & 0xFFE0001F) == SupervisorCall && BinaryPrimitives.ReadUInt32LittleEndian(code[sizeof(uint)..]) == Return;
    }

    private static bool TryLoadNumber(InstructionReader code, out uint number)
    {
        var isNumber = code.TryNext(out var load) && load.Code is Code.Mov_r32_imm32 or Code.Mov_rm32_imm32 && load.Op0Register == Register.EAX;
        number = isNumber ? load.Immediate32 : 0;
        return isNumber;
    }

    private static bool IsCallThroughEdx(Instruction instruction) =>
        instruction.Code == Code.Call_rm32
        && (instruction.Op0Register == Register.EDX
            || (instruction.Op0Kind == OpKind.Memory && instruction.MemoryBase == Register.EDX && instruction.MemoryDisplacement64 == 0));

    private static bool IsArgumentPointer(Instruction instruction) =>
        instruction.Code == Code.Lea_r32_m && instruction.Op0Register == Register.EDX
        && instruction.MemoryBase == Register.ESP && instruction.MemoryDisplacement64 == 4;

    private static bool IsZeroOrNumberInEcx(Instruction instruction) =>
        (instruction.Mnemonic == Mnemonic.Xor && instruction.Op0Register == Register.ECX && instruction.Op1Register == Register.ECX)
        || (instruction.Code == Code.Mov_r32_imm32 && instruction.Op0Register == Register.ECX);

    private static bool IsWow64Gate(Instruction instruction) =>
        instruction.Code == Code.Call_rm32 && instruction.Op0Kind == OpKind.Memory
        && instruction.SegmentPrefix == Register.FS && instruction.MemoryDisplacement64 == Wow64GateOffset;

    /// <summary>Reads <c>add esp,4</c>, where there is one, and the return.</summary>
    private static bool TryFinish(InstructionReader code, StubForm form, uint number, out StubPattern stub)
    {
        stub = default;
        if (!code.TryNext(out var end))
        {
            return false;
        }

        if (form == StubForm.Wow64Gate && end.Mnemonic == Mnemonic.Add && end.Op0Register == Register.ESP && !code.TryNext(out end))
        {
            return false;
        }

        int? removed = end.Code switch { Code.Retnd => 0, Code.Retnd_imm16 => end.Immediate16, _ => null };
        stub = new StubPattern(form, number, removed);
        return removed is not null;
    }

    /// <summary>
    /// Windows 8 and later call <c>mov edx,esp; sysenter; ret</c> that stands right behind the stub's own return. One stub under x64
    /// calls the next instruction to find out where it is, and takes the gate or the dispatcher from there.
    /// </summary>
    private static bool TryDecodeNearCall(InstructionReader code, Instruction call, uint number, out StubPattern stub)
    {
        stub = default;
        if (call.NearBranchTarget == call.NextIP)
        {
            return code.TryNext(out var pop) && pop.Code == Code.Pop_r32 && pop.Op0Register == Register.EDX
                && code.TryNext(out var compare) && compare.Mnemonic == Mnemonic.Cmp && compare.MemoryBase == Register.EDX
                && code.TryNext(out var branch) && branch.Mnemonic == Mnemonic.Jne
                && code.TryNext(out var gate) && IsWow64Gate(gate)
                && TryFinish(code, StubForm.Wow64Gate, number, out stub);
        }

        return TryFinish(code, StubForm.SystemEnter, number, out stub)
            && code.TryNext(out var stack) && stack.Mnemonic == Mnemonic.Mov && stack.Op0Register == Register.EDX && stack.Op1Register == Register.ESP
            && stack.IP == call.NearBranchTarget
            && code.TryNext(out var enter) && enter.Code == Code.Sysenter;
    }
}
