using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Processes;

/// <summary>The current thread acts as a thread of another process until this is disposed.</summary>
internal readonly struct ProcessScope : IDisposable
{
    private readonly LabKernel _kernel;
    private readonly ulong _thread;
    private readonly ulong _process;
    private readonly uint _id;

    /// <summary>Begins to act as the process's first thread.</summary>
    public ProcessScope(LabKernel kernel, LabProcess process)
    {
        _kernel = kernel;
        var current = kernel.Threads.Current;
        (_thread, _process, _id) = (current.Thread, current.Process, current.Id);
        Set(process.Thread.Address, process.Object.Address, process.ThreadId);
    }

    /// <inheritdoc/>
    public void Dispose() => Set(_thread, _process, _id);

    private void Set(ulong thread, ulong process, uint id)
    {
        var current = _kernel.Threads.Current;
        current.Thread = thread;
        current.Process = process;
        current.Id = id;
        _kernel.SetCurrentThread(current);
    }
}
