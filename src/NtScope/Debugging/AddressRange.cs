namespace NtScope.Debugging;

/// <summary>A range of memory as a command names it.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Count">How many units it holds; the command says how large a unit is.</param>
public readonly record struct AddressRange(VirtualAddress Start, ulong Count);
