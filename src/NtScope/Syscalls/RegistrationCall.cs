using Iced.Intel;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// The call with which win32k.sys hands its table to the kernel: <c>KeAddSystemServiceTable(table, counters, limit, arguments, index)</c>.
/// </summary>
internal static class RegistrationCall
{
    private const int LookBack = 0x60;
    private const int ParameterCount = 5;
    private const uint CallSize = 6;

    /// <summary>The tables that calls in the image's code hand over.</summary>
    public static IEnumerable<ServiceTableCandidate> Find(PeImage image)
    {
        if (SlotOf(image) is not { } slot || image.Architecture is not (ProcessorArchitecture.X86 or ProcessorArchitecture.X64))
        {
            return [];
        }

        var candidates = new List<ServiceTableCandidate>();
        var calls = 0;
        foreach (var section in image.Sections)
        {
            if (!section.IsExecutable)
            {
                continue;
            }

            var bytes = image.ContentOf(section).Span;
            ReadOnlySpan<byte> call = [0xFF, 0x15];
            for (var from = 0; calls < Limits.TableCandidates && bytes[from..].IndexOf(call) is >= 0 and var hit; from += hit + 1)
            {
                var at = section.Rva + (uint)(from + hit);
                if (CallsSlot(image, at, slot))
                {
                    calls++;
                    if (Follow(image, at) is { } candidate)
                    {
                        candidates.Add(candidate);
                    }
                }
            }
        }

        return candidates;
    }

    private static uint? SlotOf(PeImage image)
    {
        foreach (var module in image.Imports)
        {
            foreach (var function in module.Functions)
            {
                if (function.Name == "KeAddSystemServiceTable")
                {
                    return function.SlotRva;
                }
            }
        }

        return null;
    }

    private static bool CallsSlot(PeImage image, uint at, uint slot)
    {
        if (!image.TryReadUInt32(at + 2, out var operand))
        {
            return false;
        }

        return image.Is64Bit ? unchecked(at + 6 + operand) == slot : image.TryGetRva(operand, out var rva) && rva == slot;
    }

    /// <summary>
    /// Decodes the code before the call. Where that code begins is not known, so every start is tried, the farthest first; one that falls
    /// out of step with the instructions does not end at the call or does not yield all parameters.
    /// </summary>
    private static ServiceTableCandidate? Follow(PeImage image, uint call)
    {
        var code = new InstructionReader(image);
        for (var start = call - Math.Min(call, LookBack); start < call; start++)
        {
            var parameters = new CallParameters(code);
            code.MoveTo(start);
            while (code.TryNext(out var instruction) && instruction.IP <= call)
            {
                if (instruction.NextIP == call + CallSize)
                {
                    if (parameters.Take(image) is { } candidate)
                    {
                        return candidate with { Evidence = $"the code at 0x{call:x} hands it to KeAddSystemServiceTable" };
                    }

                    break;
                }

                if (!parameters.Follow(instruction))
                {
                    break;
                }
            }
        }

        return null;
    }

    /// <summary>What registers and the stack hold, as far as straight code says.</summary>
    private sealed class CallParameters(InstructionReader code)
    {
        private readonly Dictionary<Register, (uint? Address, uint? Content)> _registers = [];
        private readonly List<(uint? Address, uint? Content)> _pushed = [];

        /// <summary>Follows an instruction; false if control leaves the straight way.</summary>
        public bool Follow(Instruction instruction)
        {
            if (instruction.FlowControl == FlowControl.IndirectCall || instruction.FlowControl == FlowControl.Call)
            {
                _registers.Clear();
                _pushed.Clear();
                return true;
            }

            if (instruction.FlowControl is not (FlowControl.Next or FlowControl.ConditionalBranch))
            {
                return false;
            }

            if (instruction.Mnemonic == Mnemonic.Push)
            {
                _pushed.Add(Value(instruction, 0));
            }
            else if (instruction.OpCount == 2 && instruction.Op0Kind == OpKind.Register)
            {
                _registers[instruction.Op0Register.GetFullRegister()] = instruction.Mnemonic switch
                {
                    Mnemonic.Lea when code.TryGetMemoryRva(instruction, out var rva) => (rva, null),
                    Mnemonic.Mov => Value(instruction, 1),
                    _ => default,
                };
            }

            return true;
        }

        /// <summary>The table, its number of services and its argument bytes, if all are known.</summary>
        public ServiceTableCandidate? Take(PeImage image)
        {
            var (table, limit, arguments) = image.Is64Bit
                ? (Of(Register.RCX), Of(Register.R8), Of(Register.R9))
                : _pushed.Count >= ParameterCount ? (_pushed[^1], _pushed[^3], _pushed[^4])
                : default;
            return table.Address is { } tableRva && limit.Content is { } limitRva && arguments.Address is { } argumentRva
                ? new ServiceTableCandidate(Pointed(tableRva), string.Empty, limitRva, Pointed(argumentRva))
                : null;

            uint Pointed(uint address) => image.Is64Bit || !image.TryGetRva(address, out var rva) ? address : rva;
        }

        private (uint? Address, uint? Content) Of(Register register) => _registers.GetValueOrDefault(register);

        private (uint? Address, uint? Content) Value(Instruction instruction, int operand) => instruction.GetOpKind(operand) switch
        {
            OpKind.Register => Of(instruction.GetOpRegister(operand).GetFullRegister()),
            OpKind.Immediate32 => (instruction.Immediate32, null),
            OpKind.Memory when code.TryGetMemoryRva(instruction, out var rva) => (null, rva),
            _ => default,
        };
    }
}
