using System.Buffers.Binary;
using Iced.Intel;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// Tells a function that answers in user mode (<c>NtQuerySystemTime</c> since 7, <c>NtGetTickCount</c>) from a stub that was changed:
/// both have names of services, but the one stays in its module and reads shared data, the other leaves.
/// </summary>
internal sealed class UserModeCode(PeImage image, InstructionReader code)
{
    private const int MaximumInstructions = 24;
    private const ulong SharedData = 0x7FFE0000;
    private const ulong SharedDataSize = 0x1000;
    private const ulong SharedSystemCall = 0x7FFE0300;
    private const ulong SharedSystemCallSize = 0x10;

    private readonly Lazy<HashSet<uint>> _exports = new(() => [.. image.Exports.Functions.Where(function => function.Forwarder is null).Select(function => function.Rva)]);
    private readonly Lazy<HashSet<uint>> _importSlots = new(() => [.. image.Imports.SelectMany(module => module.Functions).Select(function => function.SlotRva)]);

    /// <summary>Whether the code there is an ordinary function that never asks the kernel under this name.</summary>
    public bool IsOrdinaryFunction(uint rva)
    {
        code.MoveTo(rva);
        if (image.Architecture == ProcessorArchitecture.Arm64)
        {
            return IsOrdinaryArm64(rva, code.Bytes);
        }

        var readsSharedData = false;
        for (var i = 0; i < MaximumInstructions && code.TryNext(out var instruction); i++)
        {
            if (instruction.Mnemonic is Mnemonic.Syscall or Mnemonic.Sysenter or Mnemonic.Int)
            {
                return false;
            }

            readsSharedData |= ReadsSharedData(instruction);
            switch (instruction.FlowControl)
            {
                case FlowControl.Next:
                    break;
                case FlowControl.Return:
                    return readsSharedData;
                case FlowControl.UnconditionalBranch when i == 0:
                    return IsFunction(instruction.NearBranchTarget);
                case FlowControl.IndirectBranch when i == 0:
                    return code.TryGetMemoryRva(instruction, out var slot) && _importSlots.Value.Contains(slot);
                case FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.Call when instruction.NearBranchTarget < image.SizeOfImage:
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Whether the first instructions hand control to code outside the module or to a place that only shows at run time.</summary>
    public bool LeavesModule(uint rva)
    {
        code.MoveTo(rva);
        var isPushed = false;
        for (var i = 0; i < 3 && code.TryNext(out var instruction); i++)
        {
            switch (instruction.FlowControl)
            {
                case FlowControl.Next:
                    isPushed = instruction.Mnemonic == Mnemonic.Push;
                    break;
                case FlowControl.UnconditionalBranch:
                    return !IsFunction(instruction.NearBranchTarget);
                case FlowControl.IndirectBranch:
                    return !(code.TryGetMemoryRva(instruction, out var slot) && _importSlots.Value.Contains(slot));
                case FlowControl.Return:
                    return isPushed;
                case FlowControl.IndirectCall:
                    return i == 0;
                case FlowControl.Interrupt:
                    return instruction.Code == Code.Int3;
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Whether the code begins as a stub does, or was wiped; what follows is then not what a stub has.</summary>
    public bool BeginsAsStub(uint rva)
    {
        code.MoveTo(rva);
        if (code.Bytes[..Math.Min(sizeof(ulong), code.Bytes.Length)].IndexOfAnyExcept((byte)0) < 0)
        {
            return true;
        }

        return image.Architecture is ProcessorArchitecture.X86 or ProcessorArchitecture.X64
            && code.TryNext(out var first) && first.Mnemonic == Mnemonic.Mov && first.Op0Register is Register.R10 or Register.EAX
            && (first.Op1Register == Register.RCX || first.Op1Kind == OpKind.Immediate32);
    }

    private static bool ReadsSharedData(Instruction instruction)
    {
        for (var operand = 0; operand < instruction.OpCount; operand++)
        {
            var kind = instruction.GetOpKind(operand);
            var value = kind == OpKind.Memory ? instruction.MemoryDisplacement64
                : kind is OpKind.Immediate32 or OpKind.Immediate32to64 or OpKind.Immediate64 ? instruction.GetImmediate(operand)
                : 0;
            if (value - SharedData < SharedDataSize && value - SharedSystemCall >= SharedSystemCallSize)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsFunction(ulong target) =>
        target < image.SizeOfImage && (_exports.Value.Contains((uint)target) || image.RuntimeFunctions.BeginsAt((uint)target));

    private bool IsOrdinaryArm64(uint rva, ReadOnlySpan<byte> bytes)
    {
        const uint Return = 0xD65F03C0;
        for (var at = 0; at + sizeof(uint) <= bytes.Length; at += sizeof(uint))
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if ((word & 0xFC000000) == 0x14000000)
            {
                return IsFunction((ulong)(rva + at + ((int)(word << 6) >> 4)));
            }

            // movz or movk with 7FFEh: the upper half of the address of the shared data.
            if ((word & 0xDFE0_0000) is 0xD2A0_0000 or 0x52A0_0000 && ((word >> 5) & 0xFFFF) == SharedData >> 16)
            {
                return true;
            }

            if (word == Return)
            {
                return false;
            }
        }

        return false;
    }
}
