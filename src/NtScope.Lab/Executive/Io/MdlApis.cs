using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Io;

/// <summary>MDLs and probing of user memory.</summary>
internal sealed class MdlApis(LabKernel kernel) : IApiFamily
{
    private const ulong UserEnd = 0x0000_7FFF_FFFF_0000;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("IoAllocateMdl", Irql.Dispatch, AllocateMdl);
        table.Void("IoFreeMdl", Irql.Dispatch, (in ApiCall call) => kernel.Mdls.Free(call[0]));
        table.Void("MmBuildMdlForNonPagedPool", Irql.Dispatch, (in ApiCall call) => kernel.Mdls.SetNonPaged(call[0]));
        table.Void("MmProbeAndLockPages", Irql.Dispatch, (in ApiCall call) =>
        {
            kernel.Mdls.Lock(call[0], call.UInt32(2) != 0);
            var (address, bytes) = kernel.Mdls.Range(call[0]);
            kernel.Verifier.Probed(address, bytes);
        });
        table.Void("MmUnlockPages", Irql.Dispatch, (in ApiCall call) => kernel.Mdls.Unlock(call[0]));
        table.Add("MmMapLockedPagesSpecifyCache", Irql.Dispatch, (in ApiCall call) => kernel.Mdls.Map(call[0]));
        table.Add("MmMapLockedPages", Irql.Dispatch, (in ApiCall call) => kernel.Mdls.Map(call[0]));
        table.Void("MmUnmapLockedPages", Irql.Dispatch, (in ApiCall call) => kernel.Mdls.Unmap(call[1]));
        table.Void("ProbeForRead", Irql.Apc, (in ApiCall call) => Probe(call, write: false));
        table.Void("ProbeForWrite", Irql.Apc, (in ApiCall call) => Probe(call, write: true));
        table.Add("MmGetPhysicalAddress", Irql.High, (in ApiCall call) => kernel.Mdls.PhysicalAddress(call[0]));
        table.Add("MmSizeOfMdl", Irql.High, (in ApiCall call) =>
            0x30 + ((((call[0] & 0xFFF) + call[1] + 0xFFF) >> 12) * 8));
        table.Void("IoBuildPartialMdl", Irql.Dispatch, BuildPartial);
        table.Add("MmIsAddressValid", Irql.Dispatch, (in ApiCall call) => kernel.Memory.Find(call[0]) is null ? 0UL : 1);
    }

    private ulong AllocateMdl(in ApiCall call)
    {
        if (call.UInt32(1) > LabLimits.DataBytes)
        {
            return 0;
        }

        var mdl = kernel.Mdls.CreateForDriver(call[0], call.UInt32(1), call.ReturnAddress);
        if (call[4] != 0 && mdl != 0)
        {
            if (call.Flag(2))
            {
                kernel.Memory.WriteUInt64(kernel.Memory.ReadUInt64(call[4] + IoLayout.IrpMdl), mdl);
            }
            else
            {
                kernel.Memory.WriteUInt64(call[4] + IoLayout.IrpMdl, mdl);
            }
        }

        return mdl;
    }

    private void BuildPartial(in ApiCall call)
    {
        var memory = kernel.Memory;
        var (source, target, address) = (call[0], call[1], call[2]);
        var (start, bytes) = kernel.Mdls.Range(source);
        if (address < start || address - start > bytes)
        {
            throw new GuestException(NtStatus.InvalidParameter);
        }

        var length = call.UInt32(3) == 0 ? (uint)(bytes - (address - start)) : call.UInt32(3);
        memory.WriteUInt64(target + IoLayout.MdlStart, address & ~0xFFFUL);
        memory.WriteUInt32(target + IoLayout.MdlByteOffset, (uint)address & 0xFFF);
        memory.WriteUInt32(target + IoLayout.MdlByteCount, length);
        memory.WriteUInt16(target + IoLayout.MdlFlags, (ushort)(memory.ReadUInt16(source + IoLayout.MdlFlags) | 0x10));
        var skipped = ((address & ~0xFFFUL) - (start & ~0xFFFUL)) >> 12;
        var pages = ((address & 0xFFF) + length + 0xFFF) >> 12;
        kernel.Verifier.Charge((long)pages);
        for (var i = 0UL; i < pages; i++)
        {
            memory.WriteUInt64(target + 0x30 + (i * 8), memory.ReadUInt64(source + 0x30 + ((skipped + i) * 8)));
        }
    }

    private void Probe(in ApiCall call, bool write)
    {
        var (address, length, alignment) = (call[0], call[1], call.UInt32(2));
        if (length == 0)
        {
            return;
        }

        if (alignment != 0 && (address & (alignment - 1)) != 0)
        {
            throw new GuestException(NtStatus.DatatypeMisalignment);
        }

        if (address + length > UserEnd || address + length < address)
        {
            throw new GuestException(NtStatus.AccessViolation, write ? 1UL : 0, address);
        }

        if (write)
        {
            _ = kernel.Memory.Span(address, checked((int)Math.Min(length, int.MaxValue)), Cpu.MemoryAccess.Write);
        }

        kernel.Verifier.Probed(address, length);
    }
}
