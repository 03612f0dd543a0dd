using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;

namespace NtScope.Lab.Executive.Pool;

/// <summary>
/// Watches that nothing of a pool is touched that is not allocated, or not there at the current level: by instructions of drivers, and by the executive, which
/// works on what drivers hand it.
/// </summary>
internal sealed class PoolGuard(LabKernel kernel, PoolArena arena)
{
    private readonly bool _isPaged = arena.Kind == PoolKind.Paged;
    private bool _isReporting;

    /// <summary>Whether a driver's instruction may touch bytes of the pool now.</summary>
    public bool Allows(ulong address, int size) =>
        (!_isPaged || kernel.Threads.Current.Irql < Irql.Dispatch) && arena.Shadow.Allows(address, size, out _);

    /// <summary>Checks an access of the executive; one that is not allowed is a finding and stops the machine.</summary>
    public void Check(ulong address, ulong size, MemoryAccess access)
    {
        if (!arena.Shadow.Allows(address, (int)size, out _) || (_isPaged && kernel.Threads?.Current is { Irql: >= Irql.Dispatch } && IsOfDriver(address)))
        {
            // A walk of a stack that is destroyed may itself read what it must not.
            if (!_isReporting && kernel.Verifier is not null)
            {
                throw Violation(address, (int)size, (access & MemoryAccess.Write) != MemoryAccess.None, 0);
            }
        }
    }

    /// <summary>Reports an access that is not allowed.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="size">The bytes.</param>
    /// <param name="isWrite">Whether they are written.</param>
    /// <param name="rip">The instruction; 0 for the executive routine that a driver has called.</param>
    /// <returns>The end of the machine.</returns>
    public MachineStoppedException Violation(ulong address, int size, bool isWrite, ulong rip)
    {
        _isReporting = true;
        try
        {
            var thread = kernel.Threads.Current;
            var verb = $"{(rip != 0 ? "the driver" : thread.Trap.Caller?.Name ?? "the executive")} {(isWrite ? "writes" : "reads")}";
            if (arena.Shadow.Allows(address, size, out var state))
            {
                kernel.Verifier.Report("paged-pool-at-dispatch", $"{verb} paged pool at 0x{address:x} at IRQL {(int)thread.Irql}", null, rip);
                return kernel.BugCheck(
                    BugCheckCode.DriverIrqlNotLessOrEqual, [address, (ulong)thread.Irql, isWrite ? 1UL : 0, rip], "paged pool is touched where it cannot be paged in", rip);
            }

            Report(address, size, verb, state, rip);
            return kernel.BugCheck(BugCheckCode.PageFaultInNonpagedArea, [address, isWrite ? 1UL : 0, rip, 0], "pool memory is touched that is not the driver's", rip);
        }
        finally
        {
            _isReporting = false;
        }
    }

    private void Report(ulong address, int size, string verb, byte state, ulong rip)
    {
        if (state == PoolShadow.Freed && kernel.Requests.CompletedAt(address) is var completedAt and not 0)
        {
            kernel.Verifier.Report("irp-used-after-completion", $"{verb} an IRP at 0x{address:x} that is completed; {kernel.Drivers.Describe(completedAt)} completed it", null, rip);
            return;
        }

        if (state == PoolShadow.Freed)
        {
            var by = kernel.Pool.FreedBy(address);
            var detail = $"{verb} {size} bytes at 0x{address:x}, which is freed{(by is null ? string.Empty : $"; {kernel.Drivers.Describe(by.Place)} freed it")}";

            // Nobody's code runs when the executive comes upon it by itself: then it is who freed it that is to be seen.
            if (rip == 0 && kernel.Threads.Current.Trap.Caller is null && by is { Driver: { } driver })
            {
                kernel.Verifier.ReportLeft("use-after-free", detail, driver, by);
                return;
            }

            kernel.Verifier.Report("use-after-free", detail, null, rip);
            return;
        }

        var near = kernel.Pool.Nearest(address);
        kernel.Verifier.Report("pool-overrun", near is { } block
            ? $"{verb} {size} bytes at offset 0x{address - block.Address:x} of an allocation of 0x{block.Size:x} bytes with tag '{PoolManager.Describe(block.Tag)}'"
            : $"{verb} {size} bytes at 0x{address:x}, where no allocation is", null, rip);
    }

    private bool IsOfDriver(ulong address) => kernel.Pool.Nearest(address) is { Owner: not null } block && address - block.Address < block.Size;
}
