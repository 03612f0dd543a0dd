namespace NtScope.Lab.Executive.Threads;

/// <summary>A thread ends itself: all its calls end without returning.</summary>
internal sealed class ThreadEndException() : Exception("the thread ends");
