using Iced.Intel;
using NtScope.Kernel;

namespace NtScope.Callbacks;

/// <summary>
/// Finds a variable of the kernel by its symbol; without one, by the code of an exported routine that uses it: the routine, and those it calls
/// directly, load the variable's address with <c>lea</c> (x64) or as an immediate (x86).
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
    public static VirtualAddress? Find(KernelContext context, string symbol, string? export, Func<VirtualAddress, bool> isVariable)
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

            foreach (var (target, isCode) in References(context, code))
            {
                if (isCode)
                {
                    waiting.Enqueue(target);
                }
                else if (IsWritableData(context, target) && isVariable(target))
                {
                    context.Note($"nt!{symbol} was found at {target} by the code of nt!{export}: there is no symbol for it.");
                    return target;
                }
            }
        }

        return null;
    }

    private static IEnumerable<(VirtualAddress Target, bool IsCode)> References(KernelContext context, VirtualAddress routine)
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
                yield return (new VirtualAddress(instruction.IPRelativeMemoryAddress), false);
            }
            else if (context.PointerSize == sizeof(uint) && instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Push && instruction.OpCount > 0
                && instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Immediate32)
            {
                yield return (new VirtualAddress(instruction.Immediate32), false);
            }
            else if (instruction.FlowControl is FlowControl.Call && instruction.IsCallNear)
            {
                yield return (new VirtualAddress(instruction.NearBranchTarget), true);
            }
            else if (instruction.FlowControl is FlowControl.ConditionalBranch)
            {
                furthest = Math.Max(furthest, instruction.NearBranchTarget);
            }
            else if (instruction.FlowControl is FlowControl.UnconditionalBranch)
            {
                if (instruction.NearBranchTarget < routine.Value || instruction.NearBranchTarget >= routine.Value + RoutineBytes)
                {
                    yield return (new VirtualAddress(instruction.NearBranchTarget), true);
                }

                furthest = Math.Max(furthest, instruction.NearBranchTarget < routine.Value + RoutineBytes ? instruction.NearBranchTarget : 0);
            }

            if (instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch && decoder.IP > furthest)
            {
                yield break;
            }
        }
    }

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
