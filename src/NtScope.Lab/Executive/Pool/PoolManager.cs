using System.Buffers.Binary;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Pool;

/// <summary>The machine's pools and every allocation that has not been freed.</summary>
internal sealed class PoolManager
{
    private const ulong QuarantineBytes = 1UL << 20;
    private const ulong HeaderBytes = 16;
    private const int HeaderType = 3;
    private const int HeaderProcess = 8;
    private const byte QuotaMask = 8;
    private readonly LabKernel _kernel;
    private readonly Dictionary<ulong, PoolBlock> _blocks = [];
    private readonly Dictionary<ulong, StackTrace?> _freed = [];
    private PoolQuota? _quota;

    /// <summary>Reserves the pools' addresses.</summary>
    public PoolManager(LabKernel kernel)
    {
        _kernel = kernel;
        var quarantine = kernel.Options.Verify ? QuarantineBytes : 0;
        NonPaged = new PoolArena(kernel.Memory, PoolKind.NonPaged, kernel.Foundation.Places.NonPagedPool.Value, quarantine);
        NonPagedExecute = new PoolArena(
            kernel.Memory, PoolKind.NonPagedExecute, kernel.Foundation.Places.NonPagedPool.Value + (2 * PoolArena.MaximumBytes), quarantine);
        Paged = new PoolArena(kernel.Memory, PoolKind.Paged, kernel.Foundation.Places.PagedPool.Value, quarantine);
        if (kernel.Options.Verify)
        {
            NonPaged.Guard = new PoolGuard(kernel, NonPaged);
            NonPagedExecute.Guard = new PoolGuard(kernel, NonPagedExecute);
            Paged.Guard = new PoolGuard(kernel, Paged);
        }
    }

    /// <summary>The nonpaged pool.</summary>
    public PoolArena NonPaged { get; }

    /// <summary>The part of the nonpaged pool that may hold code.</summary>
    public PoolArena NonPagedExecute { get; }

    /// <summary>The paged pool.</summary>
    public PoolArena Paged { get; }

    /// <summary>What processes are charged.</summary>
    public PoolQuota Quota => _quota ??= new PoolQuota(_kernel);

    /// <summary>Allocations that have not been freed.</summary>
    public IReadOnlyCollection<PoolBlock> Blocks => _blocks.Values;

    /// <summary>Allocates for the executive, zeroed.</summary>
    public ulong Allocate(ulong size, string tag, PoolKind kind = PoolKind.NonPaged) => Allocate(size, TagOf(tag), kind);

    /// <summary>Allocates for the executive, zeroed.</summary>
    public ulong Allocate(ulong size, uint tag, PoolKind kind)
    {
        var address = Take(new PoolRequest(size, tag, kind), null, null, 0);
        if (address == 0)
        {
            throw _kernel.OutOfMemory();
        }

        _kernel.Memory.Clear(address, (int)size);
        return address;
    }

    /// <summary>Allocates for a driver; the content is left as it was.</summary>
    /// <returns>0 if the pool is used up or a fault is injected.</returns>
    public ulong AllocateForDriver(ulong size, uint tag, PoolKind kind, ulong caller) => AllocateForDriver(new PoolRequest(size, tag, kind), caller);

    /// <summary>Allocates for a driver; the content is left as it was.</summary>
    /// <returns>0 if the pool is used up or a fault is injected.</returns>
    /// <exception cref="GuestException">STATUS_QUOTA_EXCEEDED: the current process may not be charged for it.</exception>
    public ulong AllocateForDriver(in PoolRequest request, ulong caller)
    {
        var size = request.Size;
        _kernel.Verifier.ChargeBytes(Math.Min(size, LabLimits.PoolAllocation));
        if (size > LabLimits.PoolAllocation || _blocks.Count >= LabLimits.PoolBlocks || _kernel.Faults.ShouldFail("pool", caller))
        {
            return 0;
        }

        var process = request.Quota && Quota.IsCharged(_kernel.Threads.Current.Process) ? _kernel.Threads.Current.Process : 0;
        if (process != 0 && !Quota.TryCharge(process, request.Kind, PoolArena.ChargeOf(size)))
        {
            throw new GuestException(NtStatus.QuotaExceeded);
        }

        var address = Take(request, _kernel.Drivers.At(caller), _kernel.Traces.Capture(), process);
        if (process != 0 && address == 0)
        {
            Quota.Return(process, request.Kind, PoolArena.ChargeOf(size));
        }
        else if (process != 0)
        {
            Bill(address, process);
        }

        return address;
    }

    /// <summary>The arena that an address lies in, or null.</summary>
    public PoolArena? ArenaAt(ulong address) =>
        address - NonPaged.Start < PoolArena.MaximumBytes ? NonPaged
        : address - Paged.Start < PoolArena.MaximumBytes ? Paged
        : address - NonPagedExecute.Start < PoolArena.MaximumBytes ? NonPagedExecute
        : null;

    /// <summary>Frees a block; an address that is no block's stops the machine.</summary>
    public void Free(ulong address, uint? tag = null)
    {
        if (!_blocks.Remove(address, out var block))
        {
            var wasFreed = _freed.TryGetValue(address, out var freed);
            var detail = wasFreed
                ? $"0x{address:x} is freed a second time{(freed is null ? string.Empty : $"; {_kernel.Drivers.Describe(freed.Place)} freed it first")}"
                : $"0x{address:x} is freed and is no pool allocation";
            _kernel.Verifier.Report(wasFreed ? "double-free" : "bad-free", detail, "ExFreePool");
            throw _kernel.BugCheck(BugCheckCode.BadPoolCaller, [wasFreed ? 7UL : 0x46, 0, 0, address], detail);
        }

        if (tag is { } expected && expected != 0 && expected != block.Tag)
        {
            _kernel.Verifier.Report("wrong-tag", $"a block with tag '{Describe(block.Tag)}' is freed with tag '{Describe(expected)}'", "ExFreePoolWithTag");
        }

        if (_kernel.Options.Verify)
        {
            _kernel.Verifier.Lifetimes.Freed(block);
            _freed[address] = _kernel.Traces.Capture();
        }

        if (block.Billed != 0)
        {
            Quota.Return(block.Billed, block.Kind, PoolArena.ChargeOf(block.Size));
            _kernel.Objects.Dereference(_kernel.Objects.Get(block.Billed));
            Unbill(address);
        }

        ArenaOf(block.Kind).Free(address, block.Size);
    }

    /// <summary>The block that starts at an address.</summary>
    public PoolBlock? Find(ulong address) => _blocks.TryGetValue(address, out var block) ? block : null;

    /// <summary>The block that holds an address, or lies just below it; for messages.</summary>
    public PoolBlock? Nearest(ulong address)
    {
        PoolBlock? nearest = null;
        foreach (var block in _blocks.Values)
        {
            if (block.Address <= address && address - block.Address < block.Size + 64 && (nearest is null || block.Address > nearest.Value.Address))
            {
                nearest = block;
            }
        }

        return nearest;
    }

    /// <summary>The call that freed the block that held an address; null if it is not known.</summary>
    public StackTrace? FreedBy(ulong address)
    {
        for (var at = address & ~0xFUL; address - at < GuestMemory.PageSize; at -= 16)
        {
            if (_freed.TryGetValue(at, out var trace))
            {
                return trace;
            }
        }

        return null;
    }

    /// <summary>What a driver has not freed.</summary>
    public IEnumerable<PoolBlock> OwnedBy(LoadedDriver driver) => _blocks.Values.Where(block => block.Owner == driver);

    /// <summary>Four characters as a tag.</summary>
    public static uint TagOf(string tag) => tag[0] | ((uint)tag[1] << 8) | ((uint)tag[2] << 16) | ((uint)tag[3] << 24);

    /// <summary>A tag as four characters; what cannot be printed is a dot.</summary>
    public static string Describe(uint tag) => string.Create(4, tag, (characters, value) =>
    {
        for (var i = 0; i < 4; i++)
        {
            var character = (char)((value >> (i * 8)) & 0xFF);
            characters[i] = character is >= ' ' and < '\x7F' ? character : '.';
        }
    });

    private PoolArena ArenaOf(PoolKind kind) => kind switch
    {
        PoolKind.Paged => Paged,
        PoolKind.NonPagedExecute => NonPagedExecute,
        _ => NonPaged,
    };

    // A block that is charged for says so in its header, and holds a reference to the process.
    private void Bill(ulong address, ulong process)
    {
        _kernel.Objects.Reference(_kernel.Objects.Get(process));
        if (PoolArena.HasHeader(address))
        {
            var header = ArenaAt(address)!.HeaderOf(address);
            header[HeaderType] |= QuotaMask;
            BinaryPrimitives.WriteUInt64LittleEndian(header[HeaderProcess..], Quota.Encode(process, address - HeaderBytes));
        }
    }

    private void Unbill(ulong address)
    {
        if (PoolArena.HasHeader(address))
        {
            var header = ArenaAt(address)!.HeaderOf(address);
            header[HeaderType] &= byte.MaxValue ^ QuotaMask;
            header[HeaderProcess..].Clear();
        }
    }

    private ulong Take(in PoolRequest request, LoadedDriver? owner, StackTrace? origin, ulong billed)
    {
        var address = ArenaOf(request.Kind).Allocate(request.Size, request.Tag, request.CacheAligned);
        if (address != 0)
        {
            _blocks.Add(address, new PoolBlock(address, request.Size, request.Tag, request.Kind, owner, origin, billed));
            if (_kernel.Options.Verify)
            {
                _freed.Remove(address);
            }
        }

        return address;
    }
}
