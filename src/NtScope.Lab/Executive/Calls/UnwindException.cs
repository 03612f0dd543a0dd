namespace NtScope.Lab.Executive.Calls;

/// <summary>An exception handler further out takes over: executive routines and driver routines in between end without returning.</summary>
internal sealed class UnwindException(int depth, ulong rip) : Exception("unwinding to an exception handler")
{
    /// <summary>The nesting depth of the call that goes on.</summary>
    public int Depth { get; } = depth;

    /// <summary>Where it goes on. All other registers are set already.</summary>
    public ulong Rip { get; } = rip;
}
