using Iced.Intel;

namespace NtScope.Syscalls.Verification;

/// <summary>Where code goes within its first instructions.</summary>
/// <param name="Target">Where it ends up after all jumps.</param>
/// <param name="IsDirect">Whether the way out is written in the code itself; through a pointer in memory is how imports work.</param>
/// <param name="Text">The first jump as an assembler writes it.</param>
internal sealed record ControlTransfer(VirtualAddress Target, bool IsDirect, string Text)
{
    private const int MostInstructions = 6;
    private const int MostJumps = 8;
    private const int LongestInstruction = 15;

    /// <summary>Follows jumps, calls and pushed returns from the start of a routine; null if it stays where it is.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="routine">Where the routine begins.</param>
    public static ControlTransfer? Follow(IMemory memory, VirtualAddress routine)
    {
        ControlTransfer? found = null;
        var at = routine;
        for (var jumps = 0; jumps < MostJumps; jumps++)
        {
            if (Next(memory, at) is not { } next)
            {
                break;
            }

            found = found is null ? next : next with { IsDirect = found.IsDirect && next.IsDirect, Text = found.Text };
            at = next.Target;
        }

        return found;
    }

    private static ControlTransfer? Next(IMemory memory, VirtualAddress start)
    {
        var bytes = new byte[MostInstructions * LongestInstruction];
        var length = memory.Read(start, bytes, out _);
        if (length == 0)
        {
            return null;
        }

        var decoder = Decoder.Create(memory.PointerSize * 8, bytes.AsSpan(0, length).ToArray(), start.Value);
        var constants = new Dictionary<Register, ulong>();
        ulong? pushed = null;
        string? pushedBy = null;
        for (var i = 0; i < MostInstructions && decoder.IP < start.Value + (ulong)length; i++)
        {
            decoder.Decode(out var instruction);
            if (instruction.IsInvalid)
            {
                return null;
            }

            switch (instruction.Mnemonic)
            {
                case Mnemonic.Jmp when instruction.IsJmpShortOrNear:
                    return new ControlTransfer(new VirtualAddress(instruction.NearBranchTarget), IsDirect: true, instruction.ToString());
                case Mnemonic.Call when i == 0 && instruction.IsCallNear:
                    return new ControlTransfer(new VirtualAddress(instruction.NearBranchTarget), IsDirect: true, instruction.ToString());
                case Mnemonic.Jmp when instruction.Op0Kind == OpKind.Register && constants.TryGetValue(instruction.Op0Register.GetFullRegister(), out var constant):
                    return new ControlTransfer(new VirtualAddress(constant), IsDirect: true, instruction.ToString());
                case Mnemonic.Jmp when instruction.Op0Kind == OpKind.Memory && PointerOf(instruction) is { } slot:
                    // A pointer right behind the jump is part of the code, as hooks write it; an import's is elsewhere.
                    return memory.TryReadPointer(slot, out var target, out _)
                        ? new ControlTransfer(target, slot - start < (ulong)bytes.Length, instruction.ToString())
                        : null;
                case Mnemonic.Mov when instruction.Op0Kind == OpKind.Register && instruction.Op1Kind is OpKind.Immediate64 or OpKind.Immediate32 or OpKind.Immediate32to64:
                    constants[instruction.Op0Register.GetFullRegister()] = instruction.GetImmediate(1);
                    break;
                case Mnemonic.Push when instruction.Op0Kind == OpKind.Register && constants.TryGetValue(instruction.Op0Register.GetFullRegister(), out var value):
                    (pushed, pushedBy) = (value, instruction.ToString());
                    break;
                case Mnemonic.Push when instruction.Op0Kind is OpKind.Immediate32 or OpKind.Immediate32to64:
                    (pushed, pushedBy) = (instruction.GetImmediate(0), instruction.ToString());
                    break;
                case Mnemonic.Mov when pushed is { } low && instruction.MemoryBase is Register.RSP && instruction.MemoryDisplacement64 == 4 && instruction.Op1Kind == OpKind.Immediate32:
                    pushed = (uint)low | (ulong)instruction.Immediate32 << 32;
                    break;
                case Mnemonic.Ret when pushed is { } returned:
                    return new ControlTransfer(new VirtualAddress(returned), IsDirect: true, $"{pushedBy}; ret");
                case Mnemonic.Nop:
                    break;
                default:
                    // Ordinary work between a prologue and a jump is no hook: only what leads away at once is followed.
                    if (instruction.FlowControl != FlowControl.Next || constants.Count == 0 && pushed is null)
                    {
                        return null;
                    }

                    break;
            }
        }

        return null;
    }

    private static VirtualAddress? PointerOf(Instruction instruction) =>
        instruction.IsIPRelativeMemoryOperand ? new VirtualAddress(instruction.IPRelativeMemoryAddress)
        : instruction.MemoryBase == Register.None && instruction.MemoryIndex == Register.None ? new VirtualAddress(instruction.MemoryDisplacement64)
        : null;
}
