namespace NtScope.Captures;

/// <summary>What a capture says of one processor. Zero registers are null: not saved.</summary>
/// <param name="DirectoryTable">CR3 without its lowest five bits; those above up to the page are the root's with PAE, and otherwise flags or a PCID.</param>
/// <param name="Control4">CR4; bit 12 is five-level paging, bit 5 PAE.</param>
/// <param name="InstructionPointer">RIP.</param>
/// <param name="InterruptTable">The base of the IDT.</param>
/// <param name="SystemCallEntry">MSR LSTAR: where <c>syscall</c> enters the kernel.</param>
public sealed record ProcessorState(
    PhysicalAddress? DirectoryTable,
    ulong? Control4 = null,
    VirtualAddress? InstructionPointer = null,
    VirtualAddress? InterruptTable = null,
    VirtualAddress? SystemCallEntry = null);
