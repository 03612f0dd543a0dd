namespace NtScope.Debugging.Extensions;

/// <summary>How much <c>!process</c> and <c>!thread</c> show.</summary>
[Flags]
public enum ProcessFlags
{
    /// <summary>Four lines a process.</summary>
    None = 0,

    /// <summary>Times, sizes and priorities.</summary>
    Times = 1,

    /// <summary>The threads with what they wait for; with <see cref="Times"/> or <see cref="ThreadLines"/> all that is known of them.</summary>
    Threads = 2,

    /// <summary>A line for each thread.</summary>
    ThreadLines = 4,
}
