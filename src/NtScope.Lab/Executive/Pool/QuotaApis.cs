using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Pool;

/// <summary>Ps routines that charge processes for pool.</summary>
internal sealed class QuotaApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("PsChargeProcessPoolQuota", Irql.Dispatch, (in ApiCall call) => Charge(call[0], KindOf(call.UInt32(1)), call[2]));
        table.Status("PsChargeProcessNonPagedPoolQuota", Irql.Dispatch, (in ApiCall call) => Charge(call[0], PoolKind.NonPaged, call[1]));
        table.Status("PsChargeProcessPagedPoolQuota", Irql.Dispatch, (in ApiCall call) => Charge(call[0], PoolKind.Paged, call[1]));
        table.Void("PsChargePoolQuota", Irql.Dispatch, (in ApiCall call) =>
        {
            if (Charge(call[0], KindOf(call.UInt32(1)), call[2]) is var status && status != NtStatus.Success)
            {
                throw new GuestException(status);
            }
        });
        table.Void("PsReturnPoolQuota", Irql.Dispatch, (in ApiCall call) => Return(call[0], KindOf(call.UInt32(1)), call[2]));
        table.Void("PsReturnProcessNonPagedPoolQuota", Irql.Dispatch, (in ApiCall call) => Return(call[0], PoolKind.NonPaged, call[1]));
        table.Void("PsReturnProcessPagedPoolQuota", Irql.Dispatch, (in ApiCall call) => Return(call[0], PoolKind.Paged, call[1]));
    }

    private static PoolKind KindOf(uint type) => (type & 1) != 0 ? PoolKind.Paged : PoolKind.NonPaged;

    private NtStatus Charge(ulong process, PoolKind kind, ulong bytes)
    {
        _ = kernel.Objects.Get(process);
        return kernel.Pool.Quota.TryCharge(process, kind, bytes) ? NtStatus.Success : NtStatus.QuotaExceeded;
    }

    private void Return(ulong process, PoolKind kind, ulong bytes)
    {
        _ = kernel.Objects.Get(process);
        kernel.Pool.Quota.Return(process, kind, bytes);
    }
}
