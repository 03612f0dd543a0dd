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
    /// <param name="isCertain">
    /// Whether an array with something in it stands there. Of several such, or where all are empty, the code decides: the address that is indexed, else the first
    /// one. Locks and counters look like empty arrays, and a lock before an array like a longer one. Null for what can be told by itself.
    /// </param>
    public static VirtualAddress? Find(KernelContext context, string symbol, string? export, Func<VirtualAddress, bool> isVariable, Func<VirtualAddress, bool>? isCertain = null) =>
        Find(context, symbol, export, ReferenceKind.Address, isVariable, isCertain);

    /// <summary>The address of a variable whose value the export reads; null if nothing leads to it.</summary>
    public static VirtualAddress? FindRead(KernelContext context, string symbol, string export, Func<VirtualAddress, bool> isVariable) =>
        Find(context, symbol, export, ReferenceKind.Value, isVariable, isCertain: null);

    private enum ReferenceKind
    {
        /// <summary>A routine that is called or jumped to.</summary>
        Code,

        /// <summary>A variable whose address is taken.</summary>
        Address,

        /// <summary>A variable that is read.</summary>
        Value,
    }

    private static VirtualAddress? Find(
        KernelContext context, string symbol, string? export, ReferenceKind wanted, Func<VirtualAddress, bool> isVariable, Func<VirtualAddress, bool>? isCertain)
    {
        if (context.Find(symbol) is { } named)
        {
            return named;
        }

        if (export is null || context.Find(export) is not { } routine)
        {
            return null;
        }

        var candidates = Reached(context, routine).Where(reference => reference.Kind == wanted && IsWritableData(context, reference.Target) && isVariable(reference.Target));
        var likely = isCertain is null
            ? candidates.FirstOrDefault()
            : candidates.OrderByDescending(reference => isCertain(reference.Target)).ThenByDescending(reference => reference.IsIndexed).FirstOrDefault();
        if (likely is not null)
        {
            context.Note($"{context.Kernel.Name}!{symbol} was found at {likely.Target} by the code of {context.Kernel.Name}!{export}: there is no symbol for it.");
        }

        return likely?.Target;
    }

    // What a routine and those it calls refer to, in the order of the code.
    private static IEnumerable<CodeReference> Reached(KernelContext context, VirtualAddress routine)
    {
        var waiting = new Queue<VirtualAddress>([routine]);
        var read = new HashSet<VirtualAddress>();
        while (waiting.TryDequeue(out var code) && read.Count < CalledRoutines)
        {
            if (!read.Add(code))
            {
                continue;
            }

            foreach (var reference in References(context, code))
            {
                if (reference.Kind == ReferenceKind.Code)
                {
                    waiting.Enqueue(reference.Target);
                }
                else
                {
                    yield return reference;
                }
            }
        }
    }

    private static List<CodeReference> References(KernelContext context, VirtualAddress routine)
    {
        var found = new List<CodeReference>();
        var held = new Dictionary<Register, CodeReference>();
        var bytes = new byte[RoutineBytes];
        var length = context.Memory.Read(routine, bytes, out _);
        var decoder = Decoder.Create((int)context.PointerSize * 8, bytes.AsSpan(0, length).ToArray(), routine.Value, DecoderOptions.None);
        var furthest = routine.Value;
        while (decoder.IP < routine.Value + (ulong)length)
        {
            var instruction = decoder.Decode();
            if (instruction.IsInvalid)
            {
                break;
            }

            MarkIndexed(instruction, held);
            if (instruction.Mnemonic == Mnemonic.Lea && instruction.IsIPRelativeMemoryOperand)
            {
                Add(instruction.IPRelativeMemoryAddress, ReferenceKind.Address, instruction.Op0Register);
            }
            else if (IsDirect(instruction)
                && ((instruction.Mnemonic == Mnemonic.Mov && instruction.Op1Kind == OpKind.Memory) || (instruction.Mnemonic == Mnemonic.Push && instruction.Op0Kind == OpKind.Memory)))
            {
                Add(instruction.IsIPRelativeMemoryOperand ? instruction.IPRelativeMemoryAddress : instruction.MemoryDisplacement32, ReferenceKind.Value);
            }
            else if (context.PointerSize == sizeof(uint) && instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Push && instruction.OpCount > 0
                && instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Immediate32)
            {
                Add(instruction.Immediate32, ReferenceKind.Address, instruction.Op0Kind == OpKind.Register ? instruction.Op0Register : Register.None);
            }
            else if (context.PointerSize == sizeof(uint) && instruction.MemoryBase == Register.None && instruction.MemoryIndex != Register.None)
            {
                found.Add(new CodeReference(new VirtualAddress(instruction.MemoryDisplacement32), ReferenceKind.Address) { IsIndexed = true });
            }
            else if (instruction.FlowControl is FlowControl.Call && instruction.IsCallNear)
            {
                Add(instruction.NearBranchTarget, ReferenceKind.Code);
            }
            else if (instruction.FlowControl is FlowControl.ConditionalBranch)
            {
                furthest = Math.Max(furthest, instruction.NearBranchTarget);
            }
            else if (instruction.FlowControl is FlowControl.UnconditionalBranch)
            {
                if (instruction.NearBranchTarget < routine.Value || instruction.NearBranchTarget >= routine.Value + RoutineBytes)
                {
                    Add(instruction.NearBranchTarget, ReferenceKind.Code);
                }

                furthest = Math.Max(furthest, instruction.NearBranchTarget < routine.Value + RoutineBytes ? instruction.NearBranchTarget : 0);
            }

            if (instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch && decoder.IP > furthest)
            {
                break;
            }
        }

        return found;

        void Add(ulong target, ReferenceKind kind, Register register = Register.None)
        {
            var reference = new CodeReference(new VirtualAddress(target), kind);
            found.Add(reference);
            if (register != Register.None)
            {
                held[register.GetFullRegister()] = reference;
            }
        }
    }

    // An array's address is used together with an index, a lock's never.
    private static void MarkIndexed(in Instruction instruction, Dictionary<Register, CodeReference> held)
    {
        if (instruction.MemoryIndex == Register.None)
        {
            return;
        }

        foreach (var register in (ReadOnlySpan<Register>)[instruction.MemoryBase, instruction.MemoryIndex])
        {
            if (register != Register.None && held.TryGetValue(register.GetFullRegister(), out var reference))
            {
                reference.IsIndexed = true;
            }
        }
    }

    private sealed record CodeReference(VirtualAddress Target, ReferenceKind Kind)
    {
        public bool IsIndexed { get; set; }
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
