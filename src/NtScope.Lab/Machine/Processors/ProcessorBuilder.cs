using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Machine.Processors;

/// <summary>Writes what the kernel keeps for each processor: its control region, descriptor tables, registers and idle thread.</summary>
internal sealed class ProcessorBuilder(MachineContext context)
{
    // Where every _KPCR holds its _KPRCB; some published layouts end before it.
    private const ulong WideControlBlock = 0x180;
    private const ulong NarrowControlBlock = 0x120;

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

    // Flat x86 segments as Windows lays them out: kernel code 8, kernel data 10h, user code 18h, user data 20h; task 28h, control region 30h, thread block 38h.
    private static readonly ulong[] NarrowSegments =
        [0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF];

    /// <summary>Where a <c>_KPCR</c> holds its <c>_KPRCB</c>.</summary>
    public static ulong ControlBlockOffsetOf(MachineContext context) => context.IsNarrow ? NarrowControlBlock : WideControlBlock;

    /// <summary>Writes one processor.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <param name="place">Where its control region and its tables go.</param>
    /// <param name="system">The system process, whose address space it runs in.</param>
    /// <param name="idle">The thread that it runs when nothing else does.</param>
    /// <param name="current">The thread that it runs; null for that one.</param>
    public LabProcessor Write(int number, VirtualAddress place, MachineProcess system, MachineThread idle, MachineThread? current = null)
    {
        current ??= idle;
        var size = (ControlBlockOffsetOf(context) + LabStructure.SizeOf(context.Types, "_KPRCB") + PhysicalRam.PageSize - 1) & ~(PhysicalRam.PageSize - 1ul);
        if (context.System.RegionAt(place) is null)
        {
            context.System.Allocate(place, size + TablesSize, PageAccess.Write);
        }

        var (region, tables) = (place, place + size);
        var control = context.At("_KPCR", region).Set("MajorVersion", 1).Set("MinorVersion", 1)
            .SetIfPresent("KdVersionBlock", context.Kernel.AddressOf("KdVersionBlock", 0x28));
        var block = context.At("_KPRCB", region + ControlBlockOffsetOf(context));
        if (context.IsNarrow)
        {
            WriteNarrowTables(tables, region);
            control.Set("SelfPcr", region).Set("Prcb", block.Address).Set("GDT", tables).Set("IDT", tables + InterruptTableOffset).Set("TSS", tables + TaskOffset)
                .Set("Number", (ulong)number).Set("SetMember", 1ul << number).Set("NtTib.ExceptionList", uint.MaxValue);
        }
        else
        {
            WriteTables(tables);
            control.Set("Self", region).Set("CurrentPrcb", block.Address).Set("GdtBase", tables).Set("IdtBase", tables + InterruptTableOffset).Set("TssBase", tables + TaskOffset);
        }

        WriteBlock(block, number, idle, current);
        var state = block.Inner("ProcessorState");
        WriteSpecialRegisters(state.Inner("SpecialRegisters"), region, tables, system);
        var frame = state.Inner("ContextFrame");
        WriteContext(frame, number, current);
        block.SetIfPresent("Context", frame.Address);
        context.System.WritePointer(context.Kernel.AddressOf("KiProcessorBlock", 0x800) + (ulong)number * context.PointerSize, block.Address);
        context.At("_ETHREAD", current.Object).Set("Tcb.State", 2).SetIfPresent("Tcb.NextProcessor", (ulong)number);
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

    private void WriteNarrowTables(VirtualAddress tables, VirtualAddress region)
    {
        const ulong TaskSegment = 5;
        const ulong RegionSegment = 6;
        for (var index = 0; index < NarrowSegments.Length; index++)
        {
            context.System.WriteUInt64(tables + (ulong)(index * sizeof(ulong)), NarrowSegments[index]);
        }

        context.System.WriteUInt64(tables + TaskSegment * sizeof(ulong), Segment(tables + TaskOffset, 0x20AB, 0x8B));
        context.System.WriteUInt64(tables + RegionSegment * sizeof(ulong), Segment(region, 0x3748, 0x93) | 0x40ul << 48);
        var handler = (context.Kernel.Base + context.Kernel.Routine("KiSystemService", 64)).Value;
        for (var vector = 0ul; vector < InterruptVectors; vector++)
        {
            context.System.WriteUInt64(tables + InterruptTableOffset + vector * sizeof(ulong), (handler & 0xFFFF) | 8ul << 16 | 0x8E00ul << 32 | handler >> 16 << 48);
        }
    }

    private static ulong Segment(VirtualAddress start, ulong limit, ulong type) =>
        limit & 0xFFFF | (start.Value & 0xFF_FFFF) << 16 | type << 40 | (limit >> 16 & 0xF) << 48 | (start.Value >> 24 & 0xFF) << 56;

    private static void WriteBlock(LabStructure block, int number, MachineThread idle, MachineThread current)
    {
        block.Set("CurrentThread", current.Object).Set("IdleThread", idle.Object).Set("Number", (ulong)number).SetIfPresent("LegacyNumber", (ulong)number)
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
        if (context.IsNarrow)
        {
            registers.Set("Cr0", 0x8001_003B).Set("Cr3", system.Space.DirectoryTable.Value).Set("Cr4", context.Known.ControlRegister4).Set("KernelDr6", 0xFFFF_0FF0)
                .Set("KernelDr7", 0x400).Set("Gdtr.Limit", 0x3FF).Set("Gdtr.Base", tables).Set("Idtr.Limit", 0x7FF).Set("Idtr.Base", tables + InterruptTableOffset).Set("Tr", 0x28);
            return;
        }

        registers.Set("Cr0", 0x8005_0033).Set("Cr3", system.Space.DirectoryTable.Value).Set("Cr4", context.Known.ControlRegister4).Set("KernelDr6", 0xFFFF_0FF0).Set("KernelDr7", 0x400)
            .Set("Gdtr.Limit", 0x57).Set("Gdtr.Base", tables).Set("Idtr.Limit", 0xFFF).Set("Idtr.Base", tables + InterruptTableOffset)
            .Set("Tr", 0x40).SetIfPresent("MsrGsBase", region).SetIfPresent("MsrSyscallMask", 0x4700).SetIfPresent("MsrStar", 0x0023_0010_0000_0000)
            .SetIfPresent("MsrLStar", context.Kernel.TryGetAddress("KiSystemCall64", out var entry) ? entry : context.Kernel.Base + context.Kernel.Services.RvaOf(0));
    }

    private void WriteContext(LabStructure frame, int number, MachineThread thread)
    {
        var routine = context.Kernel.TryGetAddress(number == 0 ? "KeBugCheckEx" : "KiIdleLoop", out var known) ? known : context.Kernel.Base + context.Kernel.Services.RvaOf(number);
        if (context.IsNarrow)
        {
            frame.Set("ContextFlags", 0x0001_001F).Set("SegCs", 8).Set("SegDs", 0x23).Set("SegEs", 0x23).Set("SegFs", 0x30).Set("SegGs", 0).Set("SegSs", 0x10)
                .Set("EFlags", 0x246).Set("Eip", routine).Set("Esp", thread.StackPointer).Set("Ebp", thread.StackPointer + 0x40).Set("Ecx", 0xE2).Set("Ebx", thread.Object);
            return;
        }

        frame.Set("ContextFlags", 0x0010_001F).Set("MxCsr", 0x1F80).Set("SegCs", 0x10).Set("SegDs", 0x2B).Set("SegEs", 0x2B).Set("SegFs", 0x53).Set("SegGs", 0x2B)
            .Set("SegSs", 0x18).Set("EFlags", 0x246).Set("Rip", routine).Set("Rsp", thread.StackPointer).Set("Rbp", thread.StackPointer + 0x80)
            .Set("Rcx", 0xE2).Set("Rax", 0).Set("Rbx", thread.Object);
    }
}
