using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Machine;

namespace NtScope.Lab.Executive.Pool;

/// <summary>
/// What of the pools is charged to processes: in EPROCESS, where <c>!process</c> reads it, and in the headers of blocks. The System process is not charged.
/// </summary>
internal sealed class PoolQuota(LabKernel kernel)
{
    private const int EncodedSince = 9200;
    private readonly Dictionary<(ulong Process, PoolKind Kind), ulong> _usage = [];
    private readonly ulong? _usageOffset = OffsetOf(kernel, "ProcessQuotaUsage", "QuotaUsage");
    private readonly ulong? _peakOffset = OffsetOf(kernel, "ProcessQuotaPeak", "QuotaPeak");
    private ulong _cookie;

    /// <summary>What a process is charged for a pool, in bytes.</summary>
    public ulong UsageOf(ulong process, PoolKind kind) => _usage.GetValueOrDefault((process, Charged(kind)));

    /// <summary>Whether a process is charged at all.</summary>
    public bool IsCharged(ulong process) => process != kernel.Processes.SystemProcess.Object.Address;

    /// <summary>Charges a process.</summary>
    /// <returns>False if the process may not have as much.</returns>
    public bool TryCharge(ulong process, PoolKind kind, ulong bytes)
    {
        if (!IsCharged(process))
        {
            return true;
        }

        var usage = UsageOf(process, kind);
        if (kernel.Options.PoolQuota is { } limit && (usage > limit || bytes > limit - usage))
        {
            return false;
        }

        Set(process, kind, usage + bytes);
        return true;
    }

    /// <summary>Gives back what a process was charged.</summary>
    public void Return(ulong process, PoolKind kind, ulong bytes)
    {
        if (!IsCharged(process))
        {
            return;
        }

        var usage = UsageOf(process, kind);
        if (bytes > usage)
        {
            throw kernel.BugCheck(BugCheckCode.QuotaUnderflow, [process, (ulong)Charged(kind), bytes, usage], "more quota is given back than was charged");
        }

        Set(process, kind, usage - bytes);
    }

    /// <summary>How the header of a block at an address names the process that is charged for it; 0 for none.</summary>
    public ulong Encode(ulong process, ulong header) => process == 0 || kernel.Machine.Version.Build < EncodedSince ? process : process ^ header ^ Cookie;

    private ulong Cookie => _cookie != 0 ? _cookie : _cookie = MakeCookie();

    private static PoolKind Charged(PoolKind kind) => kind == PoolKind.Paged ? PoolKind.Paged : PoolKind.NonPaged;

    private static ulong? OffsetOf(LabKernel kernel, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (LabStructure.Find(kernel.Machine.Types, "_EPROCESS", name) is { } field)
            {
                return field.Offset;
            }
        }

        return null;
    }

    private ulong MakeCookie()
    {
        var cookie = (ulong)new Random(kernel.Options.Seed).NextInt64() | 1;
        kernel.Memory.WriteUInt64(kernel.Machine.Kernel.AddressOf("ExpPoolQuotaCookie", sizeof(ulong)).Value, cookie);
        return cookie;
    }

    // Both arrays begin with the nonpaged pool; the paged pool follows.
    private void Set(ulong process, PoolKind kind, ulong bytes)
    {
        var key = (process, Charged(kind));
        if (bytes == 0)
        {
            _usage.Remove(key);
        }
        else
        {
            _usage[key] = bytes;
        }

        var index = key.Item2 == PoolKind.Paged ? sizeof(ulong) : 0ul;
        if (_usageOffset is { } usage)
        {
            kernel.Memory.WriteUInt64(process + usage + index, bytes);
        }

        if (_peakOffset is { } peak && kernel.Memory.ReadUInt64(process + peak + index) < bytes)
        {
            kernel.Memory.WriteUInt64(process + peak + index, bytes);
        }
    }
}
