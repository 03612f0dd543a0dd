using Iced.Intel;

namespace NtScope.Debugging.Disassembly;

/// <summary>Writes addresses in operands as WinDbg does: <c>nt!Name+0x15 (fffff804`13e4a555)</c>, or the address alone if it has no name.</summary>
internal sealed class WindbgSymbolResolver(DebuggerSession session) : ISymbolResolver
{
    private const ulong SharedUserDataLow = 0x7ffe0000;
    private const ulong SharedUserDataHigh = 0xfffff78000000000;
    private const ulong SharedUserDataSize = 0x1000;

    public bool TryGetSymbol(in Instruction instruction, int operand, int instructionOperand, ulong address, int addressSize, out SymbolResult symbol)
    {
        symbol = default;
        if (instruction.SegmentPrefix is Register.FS or Register.GS)
        {
            return false;
        }

        var isBranch = instructionOperand >= 0 && instruction.GetOpKind(instructionOperand) is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64;
        var isMemory = instructionOperand >= 0 && instruction.GetOpKind(instructionOperand) == OpKind.Memory
            && instruction.MemoryIndex == Register.None
            && (instruction.MemoryBase is Register.None or Register.RIP or Register.EIP);
        if (!isBranch && !isMemory)
        {
            return false;
        }

        var written = session.Format(new VirtualAddress(address));
        var name = Name(address);
        if (name is null && isMemory && instruction.MemoryDisplSize == sizeof(ulong) && instruction.MemoryBase == Register.None)
        {
            return false;
        }

        symbol = new SymbolResult(address, name is null ? written : $"{name} ({written})");
        return true;
    }

    private string? Name(ulong address)
    {
        var shared = address >= SharedUserDataHigh ? address - SharedUserDataHigh : address - SharedUserDataLow;
        if (shared < SharedUserDataSize)
        {
            return shared == 0 ? "SharedUserData" : $"SharedUserData+0x{shared:x}";
        }

        return session.Symbols.TryGetNearest(new VirtualAddress(address), out var place) ? place.ToString() : null;
    }
}
