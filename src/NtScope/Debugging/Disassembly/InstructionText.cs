using Iced.Intel;

namespace NtScope.Debugging.Disassembly;

/// <summary>Where WinDbg writes an instruction otherwise than MASM does.</summary>
internal static class InstructionText
{
    private const int OperandColumn = 8;
    private const string Quadword = "qword ptr";

    /// <summary>The text of an instruction with WinDbg's operands: strings and accumulators written out, <c>mmword</c> for doubles.</summary>
    public static string Adjust(in Instruction instruction, string text)
    {
        if (StringOperands(instruction) is { } operands)
        {
            var (head, mnemonic) = Split(text);
            return Join(head + mnemonic.TrimEnd('b', 'w', 'd', 'q'), operands);
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Xlatb:
                return Join("xlat", "byte ptr [rbx]");
            case Mnemonic.Xchg when instruction.Code is Code.Xchg_r16_AX or Code.Xchg_r32_EAX or Code.Xchg_r64_RAX:
                var parts = text[OperandColumn..].Split(',');
                return Join("xchg", $"{parts[1]},{parts[0]}");
            case Mnemonic.Mul or Mnemonic.Div or Mnemonic.Idiv or Mnemonic.Imul when instruction.OpCount == 1:
                return Join(text[..OperandColumn].TrimEnd(), $"{Accumulator(instruction)},{text[OperandColumn..]}");
            case Mnemonic.Prefetchw or Mnemonic.Prefetchnta or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 or Mnemonic.Prefetch or Mnemonic.Clflush or Mnemonic.Clflushopt:
                return text.Replace("byte ptr ", string.Empty, StringComparison.Ordinal);
            case Mnemonic.Lgdt or Mnemonic.Lidt or Mnemonic.Sgdt or Mnemonic.Sidt:
                return text.Replace("fword ptr", "tbyte ptr", StringComparison.Ordinal);
            default:
                return instruction.MemorySize == MemorySize.Float64 && HasVectorRegister(instruction)
                    ? text.Replace(Quadword, "mmword ptr", StringComparison.Ordinal)
                    : text;
        }
    }

    /// <summary>The text moved so that operands keep their column behind bytes that are longer than theirs.</summary>
    /// <param name="text">The text, its operands at column 8.</param>
    /// <param name="excess">By how many characters the bytes are longer than their column.</param>
    public static string Align(string text, int excess)
    {
        // The column gives way by one character before the operands move up to the mnemonic.
        if (excess <= 1 || text.Length <= OperandColumn || text[OperandColumn - 1] != ' ')
        {
            return text;
        }

        var mnemonic = text[..OperandColumn].TrimEnd();
        return mnemonic.PadRight(Math.Max(mnemonic.Length + 1, OperandColumn - excess + 1)) + text[OperandColumn..];
    }

    private static string Join(string mnemonic, string operands) => mnemonic.PadRight(Math.Max(OperandColumn, mnemonic.Length + 1)) + operands;

    private static (string Prefixes, string Mnemonic) Split(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words[0].StartsWith("rep", StringComparison.Ordinal) && words.Length > 1 ? (words[0] + " ", words[1]) : (string.Empty, words[0]);
    }

    private static string? StringOperands(in Instruction instruction)
    {
        if (!instruction.IsStringInstruction)
        {
            return null;
        }

        var size = instruction.MemorySize.GetSize() switch { 1 => "byte", 2 => "word", 4 => "dword", _ => "qword" } + " ptr ";
        var (destination, source) = instruction.CodeSize == CodeSize.Code64 ? ($"{size}[rdi]", $"{size}[rsi]") : ($"{size}es:[edi]", $"{size}[esi]");
        return instruction.Mnemonic switch
        {
            Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq => $"{destination},{source}",
            Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq => destination,
            Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq => destination,
            Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq => source,
            Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq => $"{source},{destination}",
            Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd => $"{destination},dx",
            Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd => $"dx,{source}",
            _ => null,
        };
    }

    private static string Accumulator(in Instruction instruction)
    {
        var size = instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize();
        return size switch { 1 => "al", 2 => "ax", 4 => "eax", _ => "rax" };
    }

    private static bool HasVectorRegister(in Instruction instruction) => instruction.Op0Register.IsVectorRegister() || instruction.Op1Register.IsVectorRegister();
}
