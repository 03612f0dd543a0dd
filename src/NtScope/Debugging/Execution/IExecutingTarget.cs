namespace NtScope.Debugging.Execution;

/// <summary>A target that runs: it can be resumed and stops again. While it is stopped its memory and registers can be read and changed.</summary>
public interface IExecutingTarget : IDisposable
{
    /// <summary>The target as of now. A new one after <see cref="StopKind.ModulesChanged"/>; the old ones live as long as this does.</summary>
    Target Target { get; }

    /// <summary>Whether it stopped in the middle of code, so that it can be stepped.</summary>
    bool IsInCode { get; }

    /// <summary>Why it cannot run any further, in lines; null while it can.</summary>
    string? Failure { get; }

    /// <summary>Says where it is to stop.</summary>
    /// <param name="instructions">Before these instructions.</param>
    /// <param name="accesses">Behind instructions that access these ranges.</param>
    void SetBreakpoints(IEnumerable<VirtualAddress> instructions, IEnumerable<DataBreakpoint> accesses);

    /// <summary>Lets it run until it stops.</summary>
    /// <param name="request">How far.</param>
    /// <param name="cancellation">Stops it as soon as an instruction runs.</param>
    ExecutionStop Resume(RunRequest request, CancellationToken cancellation);

    /// <summary>Has something happen on it, in words of its own, and lets it run until it stops.</summary>
    /// <param name="line">What: <c>start C:\a.exe</c>.</param>
    /// <param name="cancellation">Stops it as soon as an instruction runs.</param>
    ExecutionStop Do(string line, CancellationToken cancellation);

    /// <summary>Sets a register; false if there is none of this name, or none that can be set now.</summary>
    bool TrySetRegister(string name, ulong value);

    /// <summary>The frames of the thread that is stopped, innermost first.</summary>
    IReadOnlyList<ExecutionFrame> WalkStack();
}
