using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Processes;

/// <summary>The current thread acts as a thread of another process until this is disposed. Both objects stay until then, even if they end in between.</summary>
internal readonly struct ProcessScope : IDisposable
{
    private readonly LabKernel _kernel;
    private readonly KernelObject _actingProcess;
    private readonly KernelObject _actingThread;
    private readonly ulong _thread;
    private readonly ulong _process;
    private readonly uint _id;

    /// <summary>Begins to act as a thread of a process.</summary>
    public ProcessScope(LabKernel kernel, KernelObject process, KernelObject thread, uint id)
    {
        (_kernel, _actingProcess, _actingThread) = (kernel, process, thread);
        var current = kernel.Threads.Current;
        (_thread, _process, _id) = (current.Thread, current.Process, current.Id);
        kernel.Objects.Reference(process);
        kernel.Objects.Reference(thread);
        Set(thread.Address, process.Address, id);
        kernel.Apcs.Deliver();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Set(_thread, _process, _id);
        if (!_kernel.IsDisposed && _kernel.Stopped is null)
        {
            _kernel.Objects.Dereference(_actingThread);
            _kernel.Objects.Dereference(_actingProcess);
        }
    }

    private void Set(ulong thread, ulong process, uint id)
    {
        var current = _kernel.Threads.Current;
        current.Thread = thread;
        current.Process = process;
        current.Id = id;
        _kernel.SetCurrentThread(current);
    }
}
