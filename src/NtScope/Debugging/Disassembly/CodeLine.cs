namespace NtScope.Debugging.Disassembly;

/// <summary>One instruction as the debugger shows it.</summary>
/// <param name="Address">Where it starts.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Text">Mnemonic and operands, symbols resolved; <c>???</c> for bytes that are no instruction.</param>
public sealed record CodeLine(VirtualAddress Address, IReadOnlyList<byte> Bytes, string Text)
{
    /// <summary>The address behind it.</summary>
    public VirtualAddress End => Address + (ulong)Bytes.Count;
}
