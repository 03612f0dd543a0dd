using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Rtl;

/// <summary>Copying, filling and comparing memory, under their Rtl and C names.</summary>
internal sealed class MemoryApis(LabKernel kernel) : IApiFamily
{
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("memcpy", Irql.High, (in ApiCall call) => Move(call[0], call[1], call[2]));
        table.Alias("memcpy", "memmove", "RtlCopyMemory", "RtlMoveMemory", "RtlCopyMemoryNonTemporal");
        table.Add("memset", Irql.High, (in ApiCall call) => Fill(call[0], call[2], call.Byte(1)));
        table.Void("RtlFillMemory", Irql.High, (in ApiCall call) => Fill(call[0], call[1], call.Byte(2)));
        table.Void("RtlZeroMemory", Irql.High, (in ApiCall call) => Fill(call[0], call[1], 0));
        table.Alias("RtlZeroMemory", "RtlSecureZeroMemory");
        table.Add("memcmp", Irql.High, Compare);
        table.Add("RtlCompareMemory", Irql.High, CompareLength);
        table.Status("MmCopyMemory", Irql.Apc, CopyMemory);
    }

    private Span<byte> Checked(ulong address, ulong size, bool isWrite)
    {
        if (size == 0)
        {
            return default;
        }

        if (size > int.MaxValue)
        {
            throw new GuestFaultException(address + int.MaxValue, isWrite ? Cpu.MemoryAccess.Write : Cpu.MemoryAccess.Read);
        }

        kernel.Verifier.CheckRange(address, size, isWrite);
        return _memory.Span(address, (int)size, isWrite ? Cpu.MemoryAccess.Write : Cpu.MemoryAccess.Read);
    }

    private ulong Move(ulong target, ulong source, ulong size)
    {
        var bytes = Checked(source, size, isWrite: false);
        bytes.CopyTo(Checked(target, size, isWrite: true));
        return target;
    }

    private ulong Fill(ulong target, ulong size, byte value)
    {
        Checked(target, size, isWrite: true).Fill(value);
        return target;
    }

    private ulong Compare(in ApiCall call) =>
        (uint)Math.Sign(Checked(call[0], call[2], isWrite: false).SequenceCompareTo(Checked(call[1], call[2], isWrite: false)));

    private ulong CompareLength(in ApiCall call) =>
        (ulong)Checked(call[0], call[2], isWrite: false).CommonPrefixLength(Checked(call[1], call[2], isWrite: false));

    private NtStatus CopyMemory(in ApiCall call)
    {
        const uint PhysicalMemory = 1;
        const uint VirtualMemory = 2;
        var (target, source, size, flags, copied) = (call[0], call[1], call[2], call.UInt32(3), call[4]);
        _memory.WriteUInt64(copied, 0);
        if (flags is not (PhysicalMemory or VirtualMemory))
        {
            return NtStatus.InvalidParameter;
        }

        if (flags == PhysicalMemory)
        {
            var bytes = Checked(target, size, isWrite: true);
            if (kernel.Ram.Read(new PhysicalAddress(source), bytes, out _) != bytes.Length)
            {
                return NtStatus.AccessViolation;
            }
        }
        else if (_memory.IsValid(source, size, Cpu.MemoryAccess.Read))
        {
            Move(target, source, size);
        }
        else
        {
            return NtStatus.AccessViolation;
        }

        _memory.WriteUInt64(copied, size);
        return NtStatus.Success;
    }
}
