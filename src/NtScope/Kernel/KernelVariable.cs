using Iced.Intel;

namespace NtScope.Kernel;

/// <summary>
/// Finds a variable of the kernel by its symbol; without one, by the code of an exported routine that uses it: the routine, and those it calls
/// directly, take the variable's address (<c>lea</c> on x64, an immediate on x86) or read what it holds.
/// </summary>
internal static class KernelVariable
{
    private const int RoutineBytes = 0x400;
    private const int CalledRoutines = 8;

    /// <summary>The address of the variable; null if nothing leads to it.</summary>
    /// <param name="context">The kernel.</param>
    /// <param name="symbol">The variable's name.</param>
    /// <param name="export">The exported routine that uses it; null if there is none.</param>
    /// <param name="isVariable">Whether what stands at an address can be the variable.</param>
    public static VirtualAddress? Find(KernelContext context, string symbol, string? export, Func<VirtualAddress, bool> isVariable) =>
        Find(context, symbol, export, ReferenceKind.Address, isVariable);

    /// <summary>The address of a variable whose value the export reads; null if nothing leads to it.</summary>
    public static VirtualAddress? FindRead(KernelContext context, string symbol, string export, Func<VirtualAddress, bool> isVariable) =>
        Find(context, symbol, export, ReferenceKind.Value, isVariable);

    private enum ReferenceKind
    {
        /// <summary>A routine that is called or jumped to.</summary>
        Code,

        /// <summary>A variable whose address is taken.</summary>
        Address,

        /// <summary>A variable that is read.</summary>
        Value,
    }

    private static VirtualAddress? Find(KernelContext context, string symbol, string? export, ReferenceKind wanted, Func<VirtualAddress, bool> isVariable)
    {
        if (context.Find(symbol) is { } named)
        {
            return named;
        }

        if (export is null || context.Find(export) is not { } routine)
        {
            return null;
        }

        var waiting = new Queue<VirtualAddress>([routine]);
        var read = new HashSet<VirtualAddress>();
        while (waiting.TryDequeue(out var code) && read.Count < CalledRoutines)
        {
            if (!read.Add(code))
            {
                continue;
            }

            foreach (var (target, kind) in References(context, code))
            {
                if (kind == ReferenceKind.Code)
                {
                    waiting.Enqueue(target);
                }
                else if (kind == wanted && IsWritableData(context, target) && isVariable(target))
                {
                    context.Note($"{context.Kernel.Name}!{symbol} was found at {target} by the code of {context.Kernel.Name}!{export}: there is no symbol for it.");
                    return target;
                }
            }
        }

        return null;
    }

    private static IEnumerable<(VirtualAddress Target, ReferenceKind Kind)> References(KernelContext context, VirtualAddress routine)
    {
        var bytes = new byte[RoutineBytes];
        var length = context.Memory.Read(routine, bytes, out _);
        var decoder = Decoder.Create((int)context.PointerSize * 8, bytes.AsSpan(0, length).ToArray(), routine.Value, DecoderOptions.None);
        var furthest = routine.Value;
        while (decoder.IP < routine.Value + (ulong)length)
        {
            var instruction = decoder.Decode();
            if (instruction.IsInvalid)
            {
                yield break;
            }

            if (instruction.Mnemonic == Mnemonic.Lea && instruction.IsIPRelativeMemoryOperand)
            {
                yield return (new VirtualAddress(instruction.IPRelativeMemoryAddress), ReferenceKind.Address);
            }
            else if (IsDirect(instruction)
                && ((instruction.Mnemonic == Mnemonic.Mov && instruction.Op1Kind == OpKind.Memory) || (instruction.Mnemonic == Mnemonic.Push && instruction.Op0Kind == OpKind.Memory)))
            {
                yield return (new VirtualAddress(instruction.IsIPRelativeMemoryOperand ? instruction.IPRelativeMemoryAddress : instruction.MemoryDisplacement32), ReferenceKind.Value);
            }
            else if (context.PointerSize == sizeof(uint) && instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Push && instruction.OpCount > 0
                && instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Immediate32)
            {
                yield return (new VirtualAddress(instruction.Immediate32), ReferenceKind.Address);
            }
            else if (instruction.FlowControl is FlowControl.Call && instruction.IsCallNear)
            {
                yield return (new VirtualAddress(instruction.NearBranchTarget), ReferenceKind.Code);
            }
            else if (instruction.FlowControl is FlowControl.ConditionalBranch)
            {
                furthest = Math.Max(furthest, instruction.NearBranchTarget);
            }
            else if (instruction.FlowControl is FlowControl.UnconditionalBranch)
            {
                if (instruction.NearBranchTarget < routine.Value || instruction.NearBranchTarget >= routine.Value + RoutineBytes)
                {
                    yield return (new VirtualAddress(instruction.NearBranchTarget), ReferenceKind.Code);
                }

                furthest = Math.Max(furthest, instruction.NearBranchTarget < routine.Value + RoutineBytes ? instruction.NearBranchTarget : 0);
            }

            if (instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch && decoder.IP > furthest)
            {
                yield break;
            }
        }
    }

    /// <summary>Whether an operand in memory is at a fixed address.</summary>
    private static bool IsDirect(in Instruction instruction) =>
        instruction.IsIPRelativeMemoryOperand || (instruction.MemoryBase == Register.None && instruction.MemoryIndex == Register.None && instruction.MemorySegment == Register.DS);

    private static bool IsWritableData(KernelContext context, VirtualAddress address)
    {
        const uint Writable = 0x8000_0000;
        if (!context.Kernel.Contains(address))
        {
            return false;
        }

        var rva = (uint)(address - context.Base);
        return context.Kernel.Image is not { } image
            || image.Sections.Any(section => rva >= section.Rva && rva - section.Rva < section.VirtualSize && (section.Characteristics & Writable) != 0);
    }
}
