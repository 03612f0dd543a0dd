using Iced.Intel;

namespace NtScope.Debugging.Disassembly;

/// <summary>Decodes x86 and x64 instructions of a target one by one, in WinDbg's look.</summary>
public sealed class CodeReader
{
    private const int LongestInstruction = 15;

    private readonly DebuggerSession _session;
    private readonly MasmFormatter _formatter;
    private readonly StringOutput _output = new();

    /// <summary>A reader over the memory in context.</summary>
    /// <exception cref="DebuggerException">The target's instruction set is not x86.</exception>
    public CodeReader(DebuggerSession session)
    {
        if (session.Target.Architecture is not (ProcessorArchitecture.X64 or ProcessorArchitecture.X86))
        {
            throw new DebuggerException($"Instructions of {session.Target.Architecture} cannot be decoded: only x86 and x64 can");
        }

        _session = session;
        _formatter = new MasmFormatter(new FormatterOptions
        {
            FirstOperandCharIndex = 8,
            MemorySizeOptions = MemorySizeOptions.Always,
            ShowBranchSize = false,
            HexSuffix = "h",
            UppercaseHex = true,
            RipRelativeAddresses = false,
            SmallHexNumbersInDecimal = true,
            AddLeadingZeroToHexNumbers = true,
            ShowSymbolAddress = false,
            MasmDisplInBrackets = true,
            MasmSymbolDisplInBrackets = true,
            MasmAddDsPrefix32 = true,
        }, new WindbgSymbolResolver(session));
    }

    /// <summary>Decodes the instruction at <paramref name="address"/>.</summary>
    /// <returns>The instruction, or null if its first byte cannot be read.</returns>
    public CodeLine? Read(VirtualAddress address) => Read(address, out _);

    internal CodeLine? Read(VirtualAddress address, out Instruction instruction)
    {
        Span<byte> bytes = stackalloc byte[LongestInstruction];
        var read = _session.Memory.Read(address, bytes, out _);
        instruction = default;
        if (read == 0)
        {
            return null;
        }

        var decoder = Decoder.Create(_session.PointerSize * 8, bytes[..read].ToArray(), address.Value);
        decoder.Decode(out instruction);
        if (instruction.IsInvalid)
        {
            return new CodeLine(address, [bytes[0]], "???");
        }

        _formatter.Format(instruction, _output);
        return new CodeLine(address, bytes[..instruction.Length].ToArray(), InstructionText.Adjust(instruction, _output.ToStringAndReset().TrimEnd()));
    }
}
