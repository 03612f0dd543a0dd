using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Exceptions;

/// <summary>
/// The emulator does not keep CR8, the register that holds the interrupt level. Moves to and from it are replaced by an interrupt
/// of the same length when an image is loaded; this remembers what each of them was.
/// </summary>
internal sealed class ControlRegisterPatch
{
    /// <summary>The interrupt that stands for the move.</summary>
    public const int Vector = 0x91;

    private readonly Dictionary<ulong, (bool IsWrite, Register Register)> _moves = [];

    /// <summary>Replaces the moves in a section's code: <c>44|45 0F 20|22 C0–C7</c>.</summary>
    public void Apply(Span<byte> code, ulong address)
    {
        const byte Escape = 0x0F;
        for (var at = 1; at + 3 <= code.Length && code[at..].IndexOf(Escape) is >= 0 and var distance; at++)
        {
            at += distance;
            if (at + 3 <= code.Length && code[at - 1] is 0x44 or 0x45 && code[at + 1] is 0x20 or 0x22 && code[at + 2] is >= 0xC0 and <= 0xC7)
            {
                var register = (Register)((code[at + 2] & 7) | ((code[at - 1] & 1) << 3));
                _moves.Add(address + (ulong)at - 1, (code[at + 1] == 0x22, register));
                ReadOnlySpan<byte> replacement = [0xCD, Vector, 0x90, 0x90];
                replacement.CopyTo(code[(at - 1)..]);
            }
        }
    }

    /// <summary>Does what the move at an address did.</summary>
    public void Execute(LabKernel kernel, KernelThread thread, ulong address)
    {
        if (!_moves.TryGetValue(address, out var move))
        {
            throw kernel.Stop("interrupt", $"the driver raised interrupt 0x{Vector:x}, which the machine does not have", rip: address);
        }

        if (move.IsWrite)
        {
            var level = kernel.Cpu.Read(move.Register);
            if (level > (ulong)Irql.High)
            {
                throw kernel.Stop("irql", $"the driver set IRQL {level}", rip: address);
            }

            thread.Trap = new Calls.Invocation(address + 4, kernel.Cpu.Read(Register.Rsp), null);
            kernel.Threads.SetIrql((Irql)level);
        }
        else
        {
            kernel.Cpu.Write(move.Register, (ulong)thread.Irql);
        }
    }
}
