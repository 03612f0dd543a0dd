using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Exceptions;

/// <summary>
/// Structured exception handling: turns faults of the processor into exceptions, asks the handlers of all frames, through nested
/// calls, and unwinds to the one that takes it. An exception that nobody takes is a bug check.
/// </summary>
internal sealed class ExceptionDispatcher(LabKernel kernel, Unwinder unwinder)
{
    private const int ContinueExecution = 0;
    private const uint FlagUnwinding = 2;
    private const uint FlagTargetUnwind = 0x20;
    private const ulong UserEnd = 0x0000_8000_0000_0000;

    /// <summary>Deals with a stop of the processor that is no call of the executive.</summary>
    /// <returns>Where to go on.</returns>
    public ulong Handle(CpuStop stop)
    {
        var thread = kernel.Threads.Current;
        switch (stop.Kind)
        {
            case CpuStopKind.Halt:
                return stop.Rip;
            case CpuStopKind.MemoryFault:
                return RaiseFault(stop.Detail, stop.Access, stop.Rip, atCall: false);
            case CpuStopKind.InvalidInstruction:
                return Raise(NtStatus.IllegalInstruction, stop.Rip, [], atCall: false);
            case CpuStopKind.Watched:
                return kernel.Verifier.Pending(stop);
            case CpuStopKind.Block:
                return kernel.Verifier.PendingBlock(stop);
            default:
                return HandleInterrupt(thread, stop);
        }
    }

    /// <summary>Raises an exception in driver code.</summary>
    /// <param name="code">The exception code.</param>
    /// <param name="rip">The instruction.</param>
    /// <param name="parameters">The exception information.</param>
    /// <param name="atCall">Whether the code stands behind a call of the executive.</param>
    /// <returns>Where to go on.</returns>
    public ulong Raise(NtStatus code, ulong rip, ulong[] parameters, bool atCall)
    {
        var thread = kernel.Threads.Current;
        var context = UnwindContext.Capture(kernel.Cpu, rip);
        if (atCall)
        {
            context.Rsp = thread.Trap.CallerRsp;
        }

        if (rip == 0)
        {
            throw kernel.BugCheck(BugCheckCode.KernelModeExceptionNotHandled, [(uint)code, 0, At(parameters, 0), At(parameters, 1)], "an exception outside of any driver");
        }

        return Dispatch(thread, code, context, parameters);
    }

    /// <summary>Raises an access violation, or the bug check that a kernel raises instead.</summary>
    public ulong RaiseFault(ulong address, MemoryAccess access, ulong rip, bool atCall)
    {
        var thread = kernel.Threads.Current;
        ulong kind = access switch { MemoryAccess.Write => 1, MemoryAccess.Execute => 8, _ => 0 };
        var isCanonical = (long)address >> 47 is 0 or -1;
        if (thread.Irql >= Irql.Dispatch)
        {
            throw kernel.BugCheck(
                BugCheckCode.DriverIrqlNotLessOrEqual, [address, (ulong)thread.Irql, kind, rip], $"0x{address:x} is not there and cannot be paged in at IRQL {(int)thread.Irql}", rip);
        }

        if (isCanonical && address >= UserEnd)
        {
            var discarded = DiscardedAt(address);
            var code = discarded is not null ? BugCheckCode.PageFaultInNonpagedArea
                : access == MemoryAccess.Execute ? BugCheckCode.AttemptedExecuteOfNoExecuteMemory
                : kernel.Memory.Find(address) is not null && access == MemoryAccess.Write ? BugCheckCode.AttemptedWriteToReadOnlyMemory
                : BugCheckCode.PageFaultInNonpagedArea;
            throw kernel.BugCheck(code, [address, kind, rip, 0], $"0x{address:x} cannot be accessed ({access}){discarded}", atCall ? 0 : rip);
        }

        return Raise(NtStatus.AccessViolation, rip, [kind, isCanonical ? address : ulong.MaxValue], atCall);
    }

    private string? DiscardedAt(ulong address) =>
        kernel.Drivers.At(address) is { } driver && driver.Image.SectionAt((uint)(address - driver.Base)) is { IsDiscardable: true } section
            ? $"; section {section.Name} is discarded when DriverEntry has returned"
            : null;

    /// <summary>What <c>__C_specific_handler</c> does: filters, termination handlers and the way to an <c>__except</c> block.</summary>
    /// <returns>An EXCEPTION_DISPOSITION.</returns>
    public ulong CSpecificHandler(ulong record, ulong establisher, ulong contextRecord, ulong dispatcher)
    {
        var memory = kernel.Memory;
        var controlPc = memory.ReadUInt64(dispatcher);
        var imageBase = memory.ReadUInt64(dispatcher + 8);
        var table = memory.ReadUInt64(dispatcher + 0x38);
        var count = memory.ReadUInt32(table);
        if (count > LabLimits.Scopes)
        {
            throw kernel.BugCheck(
                BugCheckCode.KernelModeExceptionNotHandled, [(uint)NtStatus.BadFunctionTable, controlPc, table, count],
                $"the scope table at 0x{table:x} has {count} entries");
        }

        kernel.Verifier.Charge(count);
        var flags = memory.ReadUInt32(record + 4);
        var rva = (uint)(controlPc - imageBase);
        for (var i = memory.ReadUInt32(dispatcher + 0x48); i < count; i++)
        {
            var scope = table + 4 + (i * 16UL);
            var (begin, end) = (memory.ReadUInt32(scope), memory.ReadUInt32(scope + 4));
            var (handler, target) = (memory.ReadUInt32(scope + 8), memory.ReadUInt32(scope + 12));
            if (rva < begin || rva >= end)
            {
                continue;
            }

            if ((flags & FlagUnwinding) != 0)
            {
                var targetIp = memory.ReadUInt64(dispatcher + 0x20);
                if ((flags & FlagTargetUnwind) != 0 && (target == targetIp - imageBase || StaysInside(table, count, targetIp - imageBase, handler, target)))
                {
                    break;
                }

                if (target == 0)
                {
                    memory.WriteUInt32(dispatcher + 0x48, i + 1);
                    kernel.Executor.Call(imageBase + handler, 1, establisher);
                }
            }
            else if (target != 0)
            {
                var pointers = dispatcher + DispatcherBytes;
                memory.WriteUInt64(pointers, record);
                memory.WriteUInt64(pointers + 8, contextRecord);
                var decision = handler == 1 ? 1 : (int)kernel.Executor.Call(imageBase + handler, pointers, establisher);
                if (decision < 0)
                {
                    return ContinueExecution;
                }

                if (decision > 0)
                {
                    if (kernel.Threads.Current.SearchedFor != dispatcher)
                    {
                        throw kernel.BugCheck(
                            BugCheckCode.KernelModeExceptionNotHandled, [memory.ReadUInt32(record), controlPc, 0, 0],
                            "a handler takes an exception that is not being dispatched");
                    }

                    throw new HandlerFoundException(establisher, imageBase + target);
                }
            }
        }

        return 1;
    }

    private const ulong DispatcherBytes = 0x50;

    // Whether the place to go on at lies in a scope with the same handlers: then these do not end.
    private bool StaysInside(ulong table, uint count, ulong targetRva, uint handler, uint target)
    {
        kernel.Verifier.Charge(count);
        for (var i = 0UL; i < count; i++)
        {
            var scope = table + 4 + (i * 16);
            if (targetRva >= kernel.Memory.ReadUInt32(scope) && targetRva < kernel.Memory.ReadUInt32(scope + 4)
                && kernel.Memory.ReadUInt32(scope + 8) == handler && kernel.Memory.ReadUInt32(scope + 12) == target)
            {
                return true;
            }
        }

        return false;
    }

    private static ulong At(ulong[] parameters, int index) => index < parameters.Length ? parameters[index] : 0;

    private ulong HandleInterrupt(KernelThread thread, CpuStop stop)
    {
        switch (stop.Detail)
        {
            // The emulator takes a second divide error for a double fault: it never sees the first one delivered.
            case 0 or 8:
                return Raise(NtStatus.IntegerDivideByZero, stop.Rip, [], atCall: false);
            case 3:
                return Raise(NtStatus.Breakpoint, stop.Rip - 1, [], atCall: false);
            case 6:
                return Raise(NtStatus.IllegalInstruction, stop.Rip, [], atCall: false);
            case 13:
                return Raise(NtStatus.AccessViolation, stop.Rip, [0, ulong.MaxValue], atCall: false);
            case 0x29:
                var reason = kernel.Cpu.Read(Register.Rcx);
                throw kernel.BugCheck(BugCheckCode.KernelSecurityCheckFailure, [reason, 0, 0, 0], $"the driver called __fastfail({reason})", stop.Rip - 2);
            case 0x2C:
                return Raise(NtStatus.AssertionFailure, stop.Rip - 2, [], atCall: false);
            case ControlRegisterPatch.Vector:
                kernel.Drivers.At(stop.Rip)?.Patch.Execute(kernel, thread, stop.Rip - 2);
                return stop.Rip + 2;
            default:
                throw kernel.Stop("interrupt", $"the driver raised interrupt 0x{stop.Detail:x}, which the machine does not have", rip: stop.Rip);
        }
    }

    private ulong Dispatch(KernelThread thread, NtStatus code, UnwindContext context, ulong[] parameters)
    {
        kernel.Verifier.Charge(LabLimits.BlocksOfException, context.Rip);
        var scratch = new ExceptionScratch(kernel, context, code, parameters);
        kernel.Cpu.Write(Register.Rsp, scratch.Start);
        var faultTrap = thread.Trap;
        thread.Trap = new Invocation(context.Rip, context.Rsp, null);
        var walk = context.Clone();
        var depth = thread.Invocations.Count;
        for (var frames = 0; frames < LabLimits.StackFrames * 4; frames++)
        {
            if (walk.Rip == kernel.Traps.ReturnAddress || walk.Rip == 0)
            {
                if (depth == 0)
                {
                    break;
                }

                var outer = thread.Invocations[--depth];
                walk.Rip = outer.CallerRip;
                walk.Rsp = outer.CallerRsp;
                continue;
            }

            var controlPc = walk.Rip;
            var frame = Step(walk);
            if (frame.Handler == 0 || (frame.Flags & 1) == 0)
            {
                continue;
            }

            scratch.SetDispatcher(controlPc, frame, 0);
            var outerSearch = thread.SearchedFor;
            thread.SearchedFor = scratch.Dispatcher;
            try
            {
                var disposition = (int)kernel.Executor.Call(frame.Handler, scratch.Record, frame.Establisher, scratch.Context, scratch.Dispatcher);
                if (disposition == ContinueExecution)
                {
                    thread.Trap = faultTrap;
                    scratch.ReadContext(context);
                    context.Load(kernel.Cpu);
                    return context.Rip;
                }
            }
            catch (HandlerFoundException found)
            {
                thread.SearchedFor = 0;
                return UnwindTo(thread, context, scratch, found, code);
            }
            finally
            {
                thread.SearchedFor = outerSearch;
            }
        }

        thread.Trap = faultTrap;
        context.Load(kernel.Cpu);
        throw kernel.BugCheck(
            BugCheckCode.KernelModeExceptionNotHandled, [0xFFFF_FFFF_0000_0000 | (uint)code, context.Rip, At(parameters, 0), At(parameters, 1)],
            $"exception {code} (0x{(uint)code:X8}) is not handled", context.Rip);
    }

    private ulong UnwindTo(KernelThread thread, UnwindContext context, ExceptionScratch scratch, HandlerFoundException found, NtStatus code)
    {
        var walk = context.Clone();
        var depth = thread.Invocations.Count;
        kernel.Cpu.Write(Register.Rsp, scratch.Start);
        for (var frames = 0; frames < LabLimits.StackFrames * 4; frames++)
        {
            if (walk.Rip == kernel.Traps.ReturnAddress || walk.Rip == 0)
            {
                if (depth == 0)
                {
                    break;
                }

                var outer = thread.Invocations[--depth];
                walk.Rip = outer.CallerRip;
                walk.Rsp = outer.CallerRsp;
                continue;
            }

            var body = walk.Clone();
            var controlPc = walk.Rip;
            var frame = Step(walk);
            var isTarget = frame.Establisher == found.Establisher;
            if (frame.Handler != 0 && (frame.Flags & 2) != 0)
            {
                scratch.SetDispatcher(controlPc, frame, found.Target);
                scratch.SetFlags(isTarget ? FlagUnwinding | FlagTargetUnwind : FlagUnwinding);
                kernel.Executor.Call(frame.Handler, scratch.Record, frame.Establisher, scratch.Context, scratch.Dispatcher);
            }

            if (isTarget)
            {
                body.General[(int)Register.Rax] = (uint)code;
                body.Load(kernel.Cpu);
                throw new UnwindException(depth, found.Target);
            }
        }

        throw kernel.BugCheck(
            BugCheckCode.KernelModeExceptionNotHandled, [(uint)NtStatus.BadStack, context.Rip, found.Establisher, 0],
            $"the frame 0x{found.Establisher:x}, whose handler takes {code}, is gone from the stack", context.Rip);
    }

    private FrameHandler Step(UnwindContext context)
    {
        try
        {
            return unwinder.Step(context);
        }
        catch (GuestFaultException fault)
        {
            throw kernel.BugCheck(
                BugCheckCode.KernelModeExceptionNotHandled, [(uint)NtStatus.AccessViolation, context.Rip, 0, fault.Address], "the stack cannot be unwound", context.Rip);
        }
    }
}
