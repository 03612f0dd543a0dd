using System.Globalization;
using NtScope.Kernel;

namespace NtScope.Debugging.Extensions;

/// <summary>The process that an argument names: an address, an ID, or the one in context.</summary>
internal static class ProcessIdentity
{
    private const ulong LowestAddress = 0x10000;

    /// <summary>The kernel of the session's target.</summary>
    /// <exception cref="DebuggerException">It has none, or nothing is known of its structures.</exception>
    public static KernelContext Kernel(DebuggerSession session)
    {
        try
        {
            return new KernelContext(session.Target);
        }
        catch (InputException unusable)
        {
            throw new DebuggerException(unusable.Message);
        }
    }

    /// <summary>The processes in the kernel's list.</summary>
    /// <param name="context">The kernel.</param>
    /// <param name="problem">Why the list could not be followed to its end, as a sentence; null if it could.</param>
    /// <exception cref="DebuggerException">The list is not to be found.</exception>
    public static IReadOnlyList<VirtualAddress> List(KernelContext context, out string? problem)
    {
        var system = context.FindPointer("PsInitialSystemProcess");
        if (context.OffsetOf("_EPROCESS", "ActiveProcessLinks") is not { } offset || (context.Find("PsActiveProcessHead") ?? system + offset) is not { } head)
        {
            throw new DebuggerException("Unable to read PsActiveProcessHead: neither it nor PsInitialSystemProcess is known");
        }

        var walk = ListWalk.Read(context.Memory, head, Limits.Processes);
        problem = walk.Problem;
        var links = system + offset == head ? walk.Links.Prepend(head) : walk.Links;
        return [.. links.Where(link => !context.Kernel.Contains(link)).Select(link => link - offset)];
    }

    /// <summary>The process that a number stands for: itself if it is an address, else the one of this ID.</summary>
    /// <param name="context">The kernel.</param>
    /// <param name="value">The number.</param>
    /// <exception cref="DebuggerException">There is none of this ID.</exception>
    public static VirtualAddress Find(KernelContext context, ulong value)
    {
        if (!IsId(value))
        {
            return new VirtualAddress(value);
        }

        foreach (var process in List(context, out _))
        {
            if (context.At("_EPROCESS", process).Number("UniqueProcessId") == value) return process;
        }

        throw new DebuggerException(string.Create(CultureInfo.InvariantCulture, $"Searching for Process with Cid == {value:x}\nNo process has this ID; !process 0 0 lists them"));
    }

    /// <summary>Whether a number is a process ID rather than an address.</summary>
    public static bool IsId(ulong value) => value < LowestAddress;
}
