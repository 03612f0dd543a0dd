using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Calls;

/// <summary>Calls driver routines and serves the calls they make.</summary>
internal sealed class Executor(LabKernel kernel)
{
    private const ulong ShadowBytes = 0x20;
    private readonly ICpu _cpu = kernel.Cpu;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>How many calls drivers have made.</summary>
    public long Calls { get; private set; }

    /// <summary>What is told of each call, for traces; null if nobody listens.</summary>
    public Action<ApiEntry, ulong>? Trace { get; set; }

    /// <summary>Calls a routine of the machine on the current thread and returns its RAX.</summary>
    /// <param name="function">Its address.</param>
    /// <param name="arguments">Its arguments.</param>
    public ulong Call(ulong function, params ReadOnlySpan<ulong> arguments)
    {
        var thread = kernel.Threads.Current;
        if (thread.Invocations.Count >= LabLimits.NestedCalls)
        {
            throw kernel.Stop("recursion", $"calls between the executive and drivers nest {LabLimits.NestedCalls} deep");
        }

        var callerRsp = _cpu.Read(Register.Rsp);
        var stackArguments = (ulong)Math.Max(arguments.Length - 4, 0);
        var rsp = ((callerRsp - ShadowBytes - (stackArguments * 8)) & ~0xFUL) - 8;
        if (rsp < thread.StackLimit || rsp > thread.StackBase)
        {
            throw kernel.BugCheck(BugCheckCode.UnexpectedKernelModeTrap, [8, rsp, 0, 0], "the kernel stack is used up");
        }

        _memory.WriteUInt64(rsp, kernel.Traps.ReturnAddress);
        for (var i = 4; i < arguments.Length; i++)
        {
            _memory.WriteUInt64(rsp + 8 + ((ulong)i * 8), arguments[i]);
        }

        _cpu.Write(Register.Rsp, rsp);
        WriteArgument(Register.Rcx, arguments, 0);
        WriteArgument(Register.Rdx, arguments, 1);
        WriteArgument(Register.R8, arguments, 2);
        WriteArgument(Register.R9, arguments, 3);

        var trap = thread.Trap;
        thread.Invocations.Add(trap);
        thread.Trap = default;
        try
        {
            return Run(thread, function);
        }
        finally
        {
            thread.Invocations.RemoveAt(thread.Invocations.Count - 1);
            thread.Trap = trap;
            _cpu.Write(Register.Rsp, callerRsp);
        }
    }

    private ulong Run(KernelThread thread, ulong rip)
    {
        var depth = thread.Invocations.Count;
        Func<ulong>? raise = null;
        while (true)
        {
            try
            {
                // Raising may itself unwind to this call, so it happens inside of the try block.
                return RunUntilReturn(thread, raise?.Invoke() ?? rip);
            }
            catch (UnwindException unwind) when (unwind.Depth == depth)
            {
                rip = unwind.Rip;
                raise = null;
            }
            catch (GuestException exception)
            {
                raise = () => kernel.Exceptions.Raise(exception.Code, thread.Trap.CallerRip, exception.Parameters, atCall: true);
            }
            catch (GuestFaultException fault)
            {
                raise = () => kernel.Exceptions.RaiseFault(fault.Address, fault.Access, thread.Trap.CallerRip, atCall: true);
            }
            catch (Exception exception) when (IsInternal(exception))
            {
                var routine = thread.Trap.Caller?.Name;
                var stopped = kernel.Stop("internal", $"the lab itself failed in {routine ?? "an exception"}: {exception.GetType().Name}: {exception.Message}", routine);
                throw new MachineStoppedException(stopped.Finding, exception);
            }
        }
    }

    // Everything but what a call may end by, and what the machine's user throws: a mistake of the lab. It must not take the process with it.
    private bool IsInternal(Exception exception) => exception is not (MachineStoppedException or GuestException or GuestFaultException or UnwindException
        or HandlerFoundException or ThreadEndException or SchedulerStoppedException) && exception != kernel.ThrownByUser;

    private ulong RunUntilReturn(KernelThread thread, ulong rip)
    {
        while (true)
        {
            var stop = _cpu.Run(rip);
            if (stop.Kind == CpuStopKind.Halt && kernel.IsInKernelImage(stop.Rip - 1))
            {
                if (stop.Rip - 1 == kernel.Traps.ReturnAddress)
                {
                    return _cpu.Read(Register.Rax);
                }

                rip = Serve(thread, stop.Rip - 1);
            }
            else if (stop.Kind == CpuStopKind.Redirected)
            {
                rip = stop.Detail;
            }
            else
            {
                kernel.Verifier.Charge(1, stop.Rip);
                rip = kernel.Exceptions.Handle(stop);
            }
        }
    }

    private ulong Serve(KernelThread thread, ulong trapAddress)
    {
        var entry = kernel.Traps.EntryAt(trapAddress)
            ?? throw kernel.Stop("wild-jump", $"a driver jumped to 0x{trapAddress:x}, which is no routine of the executive");
        var registers = _cpu.ReadCall();
        var returnAddress = _memory.ReadUInt64(registers.Rsp);
        thread.Trap = new Invocation(returnAddress, registers.Rsp + 8, entry);
        Calls++;
        kernel.Verifier.Charge(LabLimits.BlocksOfCall);
        kernel.Clock.Tick();
        Trace?.Invoke(entry, returnAddress);
        if (entry.Handler is not { } handler)
        {
            throw kernel.Stop("unimplemented", $"{entry.Name} is not implemented", entry.Name);
        }

        if (thread.Irql > entry.MaximumIrql)
        {
            kernel.Verifier.Report(
                "irql", $"{entry.Name} is called at IRQL {(int)thread.Irql}; it may be called up to {(int)entry.MaximumIrql}", entry.Name);
        }

        if (thread.Irql < entry.MinimumIrql)
        {
            kernel.Verifier.Report("irql", $"{entry.Name} is called at IRQL {(int)thread.Irql}; it may be called from {(int)entry.MinimumIrql} on", entry.Name);
        }

        var mode = thread.UserMode;
        thread.UserMode &= !entry.IsService;
        ulong result;
        try
        {
            result = handler(new ApiCall(kernel, entry, registers, returnAddress));
        }
        finally
        {
            thread.UserMode = mode;
        }

        _cpu.Write(Register.Rax, result);
        _cpu.Write(Register.Rsp, registers.Rsp + 8);
        return returnAddress;
    }

    private void WriteArgument(Register register, ReadOnlySpan<ulong> arguments, int index) =>
        _cpu.Write(register, index < arguments.Length ? arguments[index] : 0);
}
