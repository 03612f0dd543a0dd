using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Exceptions;

/// <summary>Lists the frames of the current thread, through all nested calls, as text.</summary>
internal sealed class StackWalker(LabKernel kernel, Unwinder unwinder)
{
    /// <summary>Walks from a place in a driver outwards.</summary>
    /// <param name="rip">Where to start; 0 to start at the executive's caller.</param>
    public IReadOnlyList<string> Walk(ulong rip)
    {
        var thread = kernel.Threads.Current;
        var frames = new List<string>();
        var context = UnwindContext.Capture(kernel.Cpu, rip);
        if (rip == 0)
        {
            context.Rip = thread.Trap.CallerRip;
            context.Rsp = thread.Trap.CallerRsp;
            if (thread.Trap.Caller is { } caller)
            {
                frames.Add("nt!" + caller.Name);
            }
        }

        var depth = thread.Invocations.Count;
        while (frames.Count < LabLimits.StackFrames)
        {
            if (context.Rip == kernel.Traps.ReturnAddress || context.Rip == 0)
            {
                if (!EnterCaller(thread.Invocations, ref depth, context, frames))
                {
                    break;
                }

                continue;
            }

            frames.Add(kernel.Drivers.Describe(context.Rip));
            try
            {
                _ = unwinder.Step(context);
            }
            catch (GuestFaultException fault)
            {
                frames.Add($"(the stack cannot be read at 0x{fault.Address:x})");
                context.Rip = 0;
            }
        }

        return frames;
    }

    private static bool EnterCaller(List<Invocation> invocations, ref int depth, UnwindContext context, List<string> frames)
    {
        if (depth == 0)
        {
            return false;
        }

        var outer = invocations[--depth];
        if (outer.Caller is { } routine)
        {
            frames.Add("nt!" + routine.Name);
        }

        context.Rip = outer.CallerRip;
        context.Rsp = outer.CallerRsp;
        return true;
    }
}
