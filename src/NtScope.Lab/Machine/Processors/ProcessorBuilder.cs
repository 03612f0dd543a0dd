using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Machine.Processors;

/// <summary>Writes what the kernel keeps for each processor: its control region, descriptor tables, registers and idle thread.</summary>
internal sealed class ProcessorBuilder(MachineContext context)
{
    /// <summary>Where every x64 <c>_KPCR</c> holds its <c>_KPRCB</c>; some published layouts end before it.</summary>
    public const ulong ControlBlockOffset = 0x180;

    private const uint ProcessorMegahertz = 2808;
    private const int TablesSize = 0x3000;
    private const int InterruptTableOffset = 0x1000;
    private const int TaskOffset = 0x2000;
    private const int InterruptVectors = 256;

    // Flat x64 segments as Windows lays them out, by selector / 8: kernel code 10h, kernel data 18h, user code 20h and 33h, user data 2Bh, task 40h, thread block 50h.
    private static readonly ulong[] Segments =
    [
        0, 0, 0x0020_9B00_0000_0000, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF, 0x0020_FB00_0000_0000, 0,
        0, 0, 0x00CF_F300_0000_FFFF, 0,
    ];

    /// <summary>Writes one processor.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <param name="place">Where its control region and its tables go.</param>
    /// <param name="system">The system process, whose address space it runs in.</param>
    /// <param name="idle">The thread that it runs.</param>
    public LabProcessor Write(int number, VirtualAddress place, MachineProcess system, MachineThread idle)
    {
        var size = (ControlBlockOffset + LabStructure.SizeOf(context.Types, "_KPRCB") + PhysicalRam.PageSize - 1) & ~(PhysicalRam.PageSize - 1ul);
        context.System.Allocate(place, size + TablesSize, PageAccess.Write);
        var (region, tables) = (place, place + size);
        WriteTables(tables);
        var control = context.At("_KPCR", region);
        var block = context.At("_KPRCB", region + ControlBlockOffset);
        control.Set("Self", region).Set("CurrentPrcb", block.Address).Set("GdtBase", tables).Set("IdtBase", tables + InterruptTableOffset)
            .Set("TssBase", tables + TaskOffset).Set("MajorVersion", 1).Set("MinorVersion", 1).SetIfPresent("KdVersionBlock", context.Kernel.AddressOf("KdVersionBlock", 0x28));
        WriteBlock(block, number, idle);
        var state = block.Inner("ProcessorState");
        WriteSpecialRegisters(state.Inner("SpecialRegisters"), region, tables, system);
        var frame = state.Inner("ContextFrame");
        WriteContext(frame, number, idle);
        block.SetIfPresent("Context", frame.Address);
        context.System.WriteUInt64(context.Kernel.AddressOf("KiProcessorBlock", 0x800) + (ulong)(number * sizeof(ulong)), block.Address.Value);
        context.At("_ETHREAD", idle.Object).Set("Tcb.State", 2).SetIfPresent("Tcb.NextProcessor", (ulong)number);
        return new LabProcessor(number, region, block.Address, frame.Address, (int)frame.Size);
    }

    private static ulong TaskDescriptorLow(VirtualAddress task) =>
        0x67 | (task.Value & 0xFF_FFFF) << 16 | 0x8Bul << 40 | (task.Value >> 24 & 0xFF) << 56;

    private void WriteTables(VirtualAddress tables)
    {
        for (var index = 0; index < Segments.Length; index++)
        {
            context.System.WriteUInt64(tables + (ulong)(index * sizeof(ulong)), Segments[index]);
        }

        context.System.WriteUInt64(tables + 0x40, TaskDescriptorLow(tables + TaskOffset));
        context.System.WriteUInt64(tables + 0x48, (tables + TaskOffset).Value >> 32);
        for (var vector = 0ul; vector < InterruptVectors; vector++)
        {
            var handler = context.Kernel.TryGetAddress("KiIsrThunk", out var thunks) ? thunks + vector * 8 : context.Kernel.Base + context.Kernel.Services.RvaOf(0);
            var gate = tables + InterruptTableOffset + vector * 16;
            context.System.WriteUInt64(gate, (handler.Value & 0xFFFF) | 0x10ul << 16 | 0x8E00ul << 32 | (handler.Value >> 16 & 0xFFFF) << 48);
            context.System.WriteUInt64(gate + 8, handler.Value >> 32);
        }
    }

    private static void WriteBlock(LabStructure block, int number, MachineThread idle)
    {
        block.Set("CurrentThread", idle.Object).Set("IdleThread", idle.Object).Set("Number", (ulong)number).SetIfPresent("LegacyNumber", (ulong)number)
            .SetIfPresent("MHz", ProcessorMegahertz).SetIfPresent("CpuType", 6).SetIfPresent("CpuID", 1).SetIfPresent("CpuStep", 0x9E09)
            .SetIfPresent("CpuVendor", 1).SetIfPresent("MajorVersion", 1).SetIfPresent("MinorVersion", 1).SetIfPresent("SetMember", 1ul << number)
            .SetIfPresent("GroupSetMember", 1ul << number).SetIfPresent("GroupIndex", (ulong)number);
        if (block.Has("VendorString"))
        {
            block.SetBytes("VendorString", "GenuineIntel\0"u8);
        }

        if (block.Has("ProcessorVendorString"))
        {
            block.SetBytes("ProcessorVendorString", "GenuineIntel\0"u8);
        }
    }

    private void WriteSpecialRegisters(LabStructure registers, VirtualAddress region, VirtualAddress tables, MachineProcess system)
    {
        registers.Set("Cr0", 0x8005_0033).Set("Cr3", system.Space.DirectoryTable.Value).Set("Cr4", 0x1506F8).Set("KernelDr6", 0xFFFF_0FF0).Set("KernelDr7", 0x400)
            .Set("Gdtr.Limit", 0x57).Set("Gdtr.Base", tables).Set("Idtr.Limit", 0xFFF).Set("Idtr.Base", tables + InterruptTableOffset)
            .Set("Tr", 0x40).SetIfPresent("MsrGsBase", region).SetIfPresent("MsrSyscallMask", 0x4700).SetIfPresent("MsrStar", 0x0023_0010_0000_0000)
            .SetIfPresent("MsrLStar", context.Kernel.TryGetAddress("KiSystemCall64", out var entry) ? entry : context.Kernel.Base + context.Kernel.Services.RvaOf(0));
    }

    private void WriteContext(LabStructure frame, int number, MachineThread idle)
    {
        var routine = context.Kernel.TryGetAddress(number == 0 ? "KeBugCheckEx" : "KiIdleLoop", out var known) ? known : context.Kernel.Base + context.Kernel.Services.RvaOf(number);
        frame.Set("ContextFlags", 0x0010_001F).Set("MxCsr", 0x1F80).Set("SegCs", 0x10).Set("SegDs", 0x2B).Set("SegEs", 0x2B).Set("SegFs", 0x53).Set("SegGs", 0x2B)
            .Set("SegSs", 0x18).Set("EFlags", 0x246).Set("Rip", routine).Set("Rsp", idle.StackPointer).Set("Rbp", idle.StackPointer + 0x80)
            .Set("Rcx", 0xE2).Set("Rax", 0).Set("Rbx", idle.Object);
    }
}
