using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Threads;

/// <summary>A thread of the machine. Each has a host thread of its own; one of them runs at a time.</summary>
internal sealed class KernelThread(ulong thread, ulong process, uint id, GuestRegion stack)
{
    /// <summary>The ETHREAD.</summary>
    public ulong Thread { get; set; } = thread;

    /// <summary>The EPROCESS it belongs to.</summary>
    public ulong Process { get; set; } = process;

    /// <summary>The thread identifier.</summary>
    public uint Id { get; set; } = id;

    /// <summary>The call that made it; null for the machine itself.</summary>
    public StackTrace? Origin { get; init; }

    /// <summary>The kernel stack.</summary>
    public GuestRegion Stack { get; } = stack;

    /// <summary>The highest address of the stack.</summary>
    public ulong StackBase => Stack.End;

    /// <summary>The lowest address of the stack that may be used.</summary>
    public ulong StackLimit => Stack.Start;

    /// <summary>The processor's level while this thread runs.</summary>
    public Irql Irql { get; set; }

    /// <summary>Calls into drivers that have not returned.</summary>
    public List<Invocation> Invocations { get; } = [];

    /// <summary>The call of the executive that is being served.</summary>
    public Invocation Trap { get; set; }

    /// <summary>The DISPATCHER_CONTEXT of the exception that a handler is searched for; 0 if none is.</summary>
    public ulong SearchedFor { get; set; }

    /// <summary>Saved registers while another thread runs; 0 until it has been switched away from.</summary>
    public nint Context { get; set; }

    /// <summary>What lets its host thread go on.</summary>
    public SemaphoreSlim Baton { get; } = new(0);

    /// <summary>Its host thread; null for the thread of the machine's user.</summary>
    public Thread? Host { get; set; }

    /// <summary>Whether it never runs again: its driver is gone.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>What it waits for; null while it is ready or running.</summary>
    public Wait? Wait { get; set; }

    /// <summary>Nested KeEnterCriticalRegion and KeEnterGuardedRegion calls.</summary>
    public int ApcDisabled { get; set; }

    /// <summary>How many of <see cref="ApcDisabled"/> are guarded regions, which hold off special kernel APCs too.</summary>
    public int GuardedRegions { get; set; }

    /// <summary>The processes it acted in before it attached to others (KeStackAttachProcess), the newest on top.</summary>
    public Stack<ulong> Attached { get; } = [];

    /// <summary>Locks that it holds.</summary>
    public List<HeldLock> Locks { get; } = [];

    /// <summary>Whether it runs a DPC.</summary>
    public bool InDeferredCall { get; set; }

    /// <summary>The previous mode: true while the executive serves a user's request.</summary>
    public bool UserMode { get; set; }

    /// <summary>IoSetTopLevelIrp.</summary>
    public ulong TopLevelIrp { get; set; }

    /// <summary>The scheduling priority.</summary>
    public int Priority { get; set; } = 8;

    /// <summary>The exit status, once it has ended.</summary>
    public NtStatus? ExitStatus { get; set; }
}
