using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Pool;

/// <summary>Ex routines that allocate and free pool, and lookaside lists.</summary>
internal sealed class PoolApis(LabKernel kernel) : IApiFamily
{
    private const ulong FlagQuota = 0x1;
    private const ulong FlagUninitialized = 0x2;
    private const ulong FlagSession = 0x4;
    private const ulong FlagCacheAligned = 0x8;
    private const ulong FlagRaise = 0x20;
    private const ulong FlagNonPaged = 0x40;
    private const ulong FlagNonPagedExecute = 0x80;
    private const ulong FlagPaged = 0x100;
    private const ulong KnownFlags = 0x1EF;
    private const ulong RequiredFlags = 0xFFFF_FFFF;
    private const uint TypePaged = 1;
    private const uint TypeMustSucceed = 2;
    private const uint TypeCacheAligned = 4;
    private const uint TypeQuotaFails = 8;
    private const uint TypeRaise = 16;
    private const uint TypeSession = 32;
    private const uint TypeNoExecute = 512;
    private const uint TypeZero = 1024;
    private const uint KnownTypes = 0x73F;
    private const int ZeroTypeSince = 19041;
    private const ulong LookasideType = 0x24;
    private const ulong LookasideTag = 0x28;
    private const ulong LookasideSize = 0x2C;
    private const ulong LookasideAllocate = 0x30;
    private const ulong LookasideFree = 0x38;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("ExAllocatePool2", Irql.Dispatch, (in ApiCall call) => AllocateByFlags(call));
        table.Add("ExAllocatePool3", Irql.Dispatch, AllocateExtended);
        table.Add("ExAllocatePoolWithTag", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, call.UInt32(2)));
        table.Alias("ExAllocatePoolWithTag", "ExAllocatePoolWithTagPriority");
        table.Add("ExAllocatePool", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, PoolManager.TagOf("None")));
        table.Add("ExAllocatePoolWithQuotaTag", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, call.UInt32(2), isCharged: true));
        table.Add("ExAllocatePoolWithQuota", Irql.Dispatch, (in ApiCall call) => AllocateByType(call, PoolManager.TagOf("None"), isCharged: true));
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
        var (flags, tag) = (call[0], call.UInt32(2));
        var pools = flags & (FlagNonPaged | FlagNonPagedExecute | FlagPaged);
        if (pools == 0 || (pools & (pools - 1)) != 0 || tag == 0 || (flags & RequiredFlags & ~KnownFlags) != 0)
        {
            kernel.Verifier.Report("bad-pool-flags", $"{call.Entry.Name} is called with flags 0x{flags:x} and tag '{PoolManager.Describe(tag)}'", call.Entry.Name);
            return (flags & FlagRaise) == 0 ? 0UL : throw new GuestException(NtStatus.InsufficientResources);
        }

        if ((flags & FlagSession) != 0)
        {
            throw kernel.Stop("unimplemented", $"{call.Entry.Name} is asked for session pool, which the machine does not have", call.Entry.Name);
        }

        return Allocate(call, new PoolRequest(call[1], tag, pools switch { FlagPaged => PoolKind.Paged, FlagNonPagedExecute => PoolKind.NonPagedExecute, _ => PoolKind.NonPaged })
        {
            Zero = (flags & FlagUninitialized) == 0,
            Raise = (flags & FlagRaise) != 0,
            CacheAligned = (flags & FlagCacheAligned) != 0,
            Quota = (flags & FlagQuota) != 0,
        });
    }

    // A priority or a processor's memory changes nothing here; memory that the secure kernel guards is not there.
    private ulong AllocateExtended(in ApiCall call)
    {
        const int Priority = 1;
        const int SecurePool = 2;
        const int NumaNode = 3;
        const ulong Optional = 0x100;
        var count = call.UInt32(4);
        for (var index = 0u; index < count; index++)
        {
            var header = kernel.Memory.ReadUInt64(call[3] + (index * 16UL));
            kernel.Verifier.Charge(1);
            if ((header & Optional) == 0 && (header & 0xFF) is not (Priority or NumaNode))
            {
                throw (header & 0xFF) == SecurePool
                    ? kernel.Stop("unimplemented", "ExAllocatePool3 is asked for secure pool, which the machine does not have", call.Entry.Name)
                    : kernel.Stop("bad-pool-flags", $"ExAllocatePool3 is called with a parameter of type {header & 0xFF}", call.Entry.Name);
            }
        }

        return AllocateByFlags(call);
    }

    // The charged forms raise unless the type says otherwise; the others raise only if it says so.
    private ulong AllocateByType(in ApiCall call, uint tag, bool isCharged = false)
    {
        var type = call.UInt32(0);
        if ((type & ~KnownTypes) != 0 || (type & (TypeMustSucceed | TypeSession)) != 0)
        {
            kernel.Verifier.Report("bad-pool-flags", $"{call.Entry.Name} is called with pool type 0x{type:x}", call.Entry.Name);
        }

        return Allocate(call, new PoolRequest(call[1], tag, KindOf(type))
        {
            Zero = (type & TypeZero) != 0 && kernel.Machine.Version.Build >= ZeroTypeSince,
            Raise = (type & TypeRaise) != 0 || (isCharged && (type & TypeQuotaFails) == 0),
            CacheAligned = (type & TypeCacheAligned) != 0,
            Quota = isCharged,
        });
    }

    private static PoolKind KindOf(uint type) => (type & TypePaged) != 0 ? PoolKind.Paged : (type & TypeNoExecute) != 0 ? PoolKind.NonPaged : PoolKind.NonPagedExecute;

    private ulong Allocate(in ApiCall call, in PoolRequest request)
    {
        if (request.Kind == PoolKind.Paged && kernel.Threads.Current.Irql >= Irql.Dispatch)
        {
            kernel.Verifier.Report("irql", $"paged pool is allocated at IRQL {(int)kernel.Threads.Current.Irql}", call.Entry.Name);
        }

        if (request.Size == 0)
        {
            kernel.Verifier.Report("zero-bytes", "an allocation of 0 bytes is asked for", call.Entry.Name);
        }

        ulong address;
        try
        {
            address = kernel.Pool.AllocateForDriver(request, call.ReturnAddress);
        }
        catch (GuestException) when (!request.Raise)
        {
            return 0;
        }

        if (address == 0)
        {
            return request.Raise ? throw new GuestException(NtStatus.InsufficientResources) : 0UL;
        }

        if (request.Zero)
        {
            kernel.Memory.Clear(address, (int)request.Size);
        }
        else if (kernel.Options.Verify && request.Size <= int.MaxValue)
        {
            // What was never written must not pass for zero.
            kernel.Memory.Span(address, (int)request.Size, Cpu.MemoryAccess.Write).Fill(0xCD);
        }

        return address;
    }

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

        return Allocate(call, new PoolRequest(memory.ReadUInt32(call[0] + LookasideSize), memory.ReadUInt32(call[0] + LookasideTag), kind));
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

        // SLIST_HEADER: 16 bits of depth, 48 bits that count insertions, the first entry.
        memory.WriteUInt64(call[0], (memory.ReadUInt64(call[0]) & ~0xFFFFUL) + 0x1_0000 | (ushort)(memory.ReadUInt16(call[0]) + 1));
        return first;
    }

    private ulong FlushList(in ApiCall call)
    {
        var first = kernel.Memory.ReadUInt64(call[0] + 8);
        kernel.Memory.WriteUInt16(call[0], 0);
        kernel.Memory.WriteUInt64(call[0] + 8, 0);
        return first;
    }
}
