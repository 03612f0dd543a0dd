namespace NtScope.Lab.Executive.Threads;

/// <summary>What waits for a thread: its APCs and its alerts.</summary>
internal sealed class ThreadCalls
{
    /// <summary>KAPCs of kernel mode, in order.</summary>
    public List<ulong> Kernel { get; } = [];

    /// <summary>KAPCs of user mode, in order.</summary>
    public List<ulong> User { get; } = [];

    /// <summary>Whether the thread was alerted, for kernel and for user mode.</summary>
    public bool[] Alerted { get; } = new bool[2];

    /// <summary>Whether the routine of a normal kernel APC runs: another one waits until it has returned.</summary>
    public bool InProgress { get; set; }

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => Kernel.Count == 0 && User.Count == 0 && !Alerted[0] && !Alerted[1] && !InProgress;
}
