using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Pool;

/// <summary>Ex routines that allocate and free pool, and lookaside lists.</summary>
internal sealed class PoolApis(LabKernel kernel) : IApiFamily
{
    private const ulong FlagUninitialized = 0x2;
    private const ulong FlagRaise = 0x20;
    private const ulong FlagNonPaged = 0x40;
    private const ulong FlagNonPagedExecute = 0x80;
    private const ulong FlagPaged = 0x100;
    private const uint PoolRaise = 16;
    private const ulong LookasideType = 0x24;
    private const ulong LookasideTag = 0x28;
    private const ulong LookasideSize = 0x2C;
    private const ulong LookasideAllocate = 0x30;
    private const ulong LookasideFree = 0x38;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("ExAllocatePool2", Irql.Dispatch, (in ApiCall call) => AllocateByFlags(call));
        table.Add("ExAllocatePool3", Irql.Dispatch, (in ApiCall call) => AllocateByFlags(call));
        table.Add("ExAllocatePoolWithTag", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, call.UInt32(2), call.UInt32(0) & PoolRaise));
        table.Add("ExAllocatePool", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, PoolManager.TagOf("None"), call.UInt32(0) & PoolRaise));
        table.Add("ExAllocatePoolWithQuotaTag", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, call.UInt32(2), (~call.UInt32(0) & 8) << 1));
        table.Add("ExAllocatePoolWithTagPriority", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, call.UInt32(2), 0));
        table.Void("ExFreePool", Irql.Dispatch, (in ApiCall call) => Free(call, null));
        table.Void("ExFreePoolWithTag", Irql.Dispatch, (in ApiCall call) => Free(call, call.UInt32(1)));
        table.Void("ExFreePool2", Irql.Dispatch, (in ApiCall call) => Free(call, call.UInt32(1)));
        table.Void("ExInitializeNPagedLookasideList", Irql.Dispatch, (in ApiCall call) => InitializeLookaside(call, PoolKind.NonPaged));
        table.Void("ExInitializePagedLookasideList", Irql.Apc, (in ApiCall call) => InitializeLookaside(call, PoolKind.Paged));
        table.Void("ExDeleteNPagedLookasideList", Irql.Dispatch, (in ApiCall call) => kernel.Memory.WriteUInt32(call[0] + LookasideSize, 0));
        table.Alias("ExDeleteNPagedLookasideList", "ExDeletePagedLookasideList", "ExDeleteLookasideListEx");
        table.Status("ExInitializeLookasideListEx", Irql.Dispatch, InitializeLookasideEx);
        table.Add("ExAllocateFromNPagedLookasideList", Irql.Dispatch, AllocateFromLookaside);
        table.Alias("ExAllocateFromNPagedLookasideList", "ExAllocateFromPagedLookasideList", "ExAllocateFromLookasideListEx");
        table.Void("ExFreeToNPagedLookasideList", Irql.Dispatch, FreeToLookaside);
        table.Alias("ExFreeToNPagedLookasideList", "ExFreeToPagedLookasideList", "ExFreeToLookasideListEx");
        table.Add("MmAllocateContiguousMemory", Irql.Dispatch, (in ApiCall call) =>
            kernel.Pool.AllocateForDriver(call[0], PoolManager.TagOf("MmCo"), PoolKind.NonPaged, call.ReturnAddress));
        table.Void("MmFreeContiguousMemory", Irql.Dispatch, (in ApiCall call) => kernel.Pool.Free(call[0]));

        // Lists set up by initialised structures allocate through these when the list is empty, which it always is here.
        table.Add("ExpInterlockedPopEntrySList", Irql.Dispatch, PopEntry);
        table.Add("ExpInterlockedPushEntrySList", Irql.Dispatch, PushEntry);
        table.Add("ExpInterlockedFlushSList", Irql.Dispatch, FlushList);
        table.Void("InitializeSListHead", Irql.High, (in ApiCall call) => kernel.Memory.Clear(call[0], 16));
        table.Add("ExQueryDepthSList", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadUInt16(call[0]));
    }

    private ulong AllocateByFlags(in ApiCall call)
    {
        var flags = call[0];
        var pools = flags & (FlagNonPaged | FlagNonPagedExecute | FlagPaged);
        if (pools == 0 || (pools & (pools - 1)) != 0 || call.UInt32(2) == 0)
        {
            kernel.Verifier.Report("bad-pool-flags", $"{call.Entry.Name} is called with flags 0x{flags:x} and tag '{PoolManager.Describe(call.UInt32(2))}'", call.Entry.Name);
            return Failed(flags & FlagRaise);
        }

        return Allocate(call, call[1], call.UInt32(2), pools == FlagPaged ? PoolKind.Paged : PoolKind.NonPaged, (flags & FlagUninitialized) == 0, flags & FlagRaise);
    }

    private ulong AllocateByType(in ApiCall call, uint tag, uint raise) =>
        Allocate(call, call[1], tag, (call.UInt32(0) & 1) != 0 ? PoolKind.Paged : PoolKind.NonPaged, zero: false, raise);

    private ulong Allocate(in ApiCall call, ulong size, uint tag, PoolKind kind, bool zero, ulong raise)
    {
        if (kind == PoolKind.Paged && kernel.Threads.Current.Irql >= Irql.Dispatch)
        {
            kernel.Verifier.Report("irql", $"paged pool is allocated at IRQL {(int)kernel.Threads.Current.Irql}", call.Entry.Name);
        }

        if (size == 0)
        {
            kernel.Verifier.Report("zero-bytes", "an allocation of 0 bytes is asked for", call.Entry.Name);
        }

        var address = kernel.Pool.AllocateForDriver(size, tag, kind, call.ReturnAddress);
        if (address == 0)
        {
            return Failed(raise);
        }

        if (zero)
        {
            kernel.Memory.Clear(address, (int)size);
        }
        else if (kernel.Options.Verify && size <= int.MaxValue)
        {
            // What was never written must not pass for zero.
            kernel.Memory.Span(address, (int)size, Cpu.MemoryAccess.Write).Fill(0xCD);
        }

        return address;
    }

    private static ulong Failed(ulong raise) => raise == 0 ? 0UL : throw new GuestException(NtStatus.InsufficientResources);

    private void Free(in ApiCall call, uint? tag)
    {
        if (kernel.Pool.Find(call[0]) is { Kind: PoolKind.Paged } && kernel.Threads.Current.Irql >= Irql.Dispatch)
        {
            kernel.Verifier.Report("irql", $"paged pool is freed at IRQL {(int)kernel.Threads.Current.Irql}", call.Entry.Name);
        }

        kernel.Pool.Free(call[0], tag);
    }

    private void InitializeLookaside(in ApiCall call, PoolKind kind)
    {
        SetLookaside(call[0], kind, call[4], call.UInt32(5), call[1], call[2]);
    }

    private NtStatus InitializeLookasideEx(in ApiCall call)
    {
        SetLookaside(call[0], (call.UInt32(3) & 1) != 0 ? PoolKind.Paged : PoolKind.NonPaged, call[5], call.UInt32(6), call[1], call[2]);
        return NtStatus.Success;
    }

    // The list keeps nothing: each block goes to the pool, so that leaks and uses after a free show. The lists that inline code of
    // drivers pops from is empty and its maximum depth is 0; it calls the routines that the structure names.
    private void SetLookaside(ulong list, PoolKind kind, ulong size, uint tag, ulong allocate, ulong free)
    {
        var memory = kernel.Memory;
        memory.Clear(list, 0x60);
        memory.WriteUInt32(list + LookasideType, kind == PoolKind.Paged ? 1u : 0x200);
        memory.WriteUInt32(list + LookasideTag, tag);
        memory.WriteUInt32(list + LookasideSize, (uint)size);
        memory.WriteUInt64(list + LookasideAllocate, allocate != 0 ? allocate : kernel.Traps.AddressOf(kernel.Apis.Find("ExAllocatePoolWithTag")!));
        memory.WriteUInt64(list + LookasideFree, free != 0 ? free : kernel.Traps.AddressOf(kernel.Apis.Find("ExFreePool")!));
    }

    private ulong AllocateFromLookaside(in ApiCall call)
    {
        var memory = kernel.Memory;
        var kind = (memory.ReadUInt32(call[0] + LookasideType) & 1) != 0 ? PoolKind.Paged : PoolKind.NonPaged;
        if (memory.ReadUInt64(call[0] + LookasideAllocate) is var own && kernel.Drivers.At(own) is not null)
        {
            return kernel.Verifier.CallDriver(
                "a lookaside list's allocation routine", own, memory.ReadUInt32(call[0] + LookasideType), memory.ReadUInt32(call[0] + LookasideSize),
                memory.ReadUInt32(call[0] + LookasideTag), call[0]);
        }

        return Allocate(call, memory.ReadUInt32(call[0] + LookasideSize), memory.ReadUInt32(call[0] + LookasideTag), kind, zero: false, 0);
    }

    private void FreeToLookaside(in ApiCall call)
    {
        if (kernel.Memory.ReadUInt64(call[0] + LookasideFree) is var own && kernel.Drivers.At(own) is not null)
        {
            kernel.Verifier.CallDriver("a lookaside list's free routine", own, call[1], call[0]);
            return;
        }

        kernel.Pool.Free(call[1]);
    }

    private ulong PopEntry(in ApiCall call)
    {
        var memory = kernel.Memory;
        var entry = memory.ReadUInt64(call[0] + 8);
        if (entry != 0)
        {
            memory.WriteUInt64(call[0] + 8, memory.ReadUInt64(entry));
            memory.WriteUInt16(call[0], (ushort)(memory.ReadUInt16(call[0]) - 1));
        }

        return entry;
    }

    private ulong PushEntry(in ApiCall call)
    {
        var memory = kernel.Memory;
        var first = memory.ReadUInt64(call[0] + 8);
        memory.WriteUInt64(call[1], first);
        memory.WriteUInt64(call[0] + 8, call[1]);
        memory.WriteUInt16(call[0], (ushort)(memory.ReadUInt16(call[0]) + 1));
        return first;
    }

    private ulong FlushList(in ApiCall call)
    {
        var first = kernel.Memory.ReadUInt64(call[0] + 8);
        kernel.Memory.Clear(call[0], 16);
        return first;
    }
}
