using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Exceptions;

/// <summary>Lists the frames of the current thread, through all nested calls.</summary>
internal sealed class StackWalker(LabKernel kernel, Unwinder unwinder)
{
    /// <summary>Walks from a place in a driver outwards.</summary>
    /// <param name="rip">Where to start; 0 to start at the executive's caller.</param>
    /// <returns>The frames as text.</returns>
    public IReadOnlyList<string> Walk(ulong rip) => [.. Frames(rip).Where(frame => !frame.IsReturn).Select(frame => frame.Problem ?? kernel.Drivers.Describe(frame.Rip))];

    /// <summary>Walks from a place in a driver outwards.</summary>
    /// <param name="rip">Where to start; 0 to start at the executive's caller.</param>
    public IReadOnlyList<StackFrame> Frames(ulong rip)
    {
        var thread = kernel.Threads.Current;
        var frames = new List<StackFrame>();
        var context = UnwindContext.Capture(kernel.Cpu, rip);
        if (rip == 0)
        {
            Enter(thread.Trap, context, frames);
        }

        var depth = thread.Invocations.Count;
        while (frames.Count < LabLimits.StackFrames)
        {
            if (context.Rip == kernel.Traps.ReturnAddress || context.Rip == 0)
            {
                if (context.Rip != 0)
                {
                    frames.Add(new StackFrame(context.Rsp, context.Rip, IsReturn: true));
                }

                if (depth == 0)
                {
                    break;
                }

                Enter(thread.Invocations[--depth], context, frames);
                continue;
            }

            frames.Add(new StackFrame(context.Rsp, context.Rip));
            try
            {
                _ = unwinder.Step(context);
            }
            catch (GuestFaultException fault)
            {
                frames.Add(new StackFrame(context.Rsp, 0, Problem: $"(the stack cannot be read at 0x{fault.Address:x})"));
                context.Rip = 0;
            }
        }

        return frames;
    }

    private void Enter(Invocation call, UnwindContext context, List<StackFrame> frames)
    {
        if (call.Caller is { } routine)
        {
            frames.Add(new StackFrame(call.CallerRsp - sizeof(ulong), kernel.Traps.AddressOf(routine)));
        }

        context.Rip = call.CallerRip;
        context.Rsp = call.CallerRsp;
    }
}
