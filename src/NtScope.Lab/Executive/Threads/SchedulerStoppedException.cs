namespace NtScope.Lab.Executive.Threads;

/// <summary>The machine is disposed while a thread waits.</summary>
internal sealed class SchedulerStoppedException() : Exception("the machine is gone");
