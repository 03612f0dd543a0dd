using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Processes;

/// <summary>Process, thread and image routines of drivers, and how they are called.</summary>
internal sealed class NotifyRoutines(LabKernel kernel)
{
    private const int Maximum = 64;
    private const uint ExtendedForm = 2;
    private readonly List<NotifyRoutine> _routines = [];
    private ulong _scratch;
    private ulong _scratchBytes;

    /// <summary>What is registered, in order.</summary>
    public IReadOnlyList<NotifyRoutine> All => _routines;

    /// <summary>Whether any driver wants to know of images.</summary>
    public bool HasImageRoutines => _routines.Any(routine => routine.Kind == NotifyKind.Image);

    /// <summary>Registers a routine.</summary>
    public NtStatus Add(NotifyKind kind, ulong address, ulong caller)
    {
        if (kind == NotifyKind.ProcessEx && !kernel.Processes.AcceptsCallback(address))
        {
            return NtStatus.AccessDenied;
        }

        var count = 0;
        foreach (var routine in _routines)
        {
            count += NameOf(routine.Kind) == NameOf(kind) ? 1 : 0;
            if (routine.Address == address && routine.Kind == kind && kind is NotifyKind.Process or NotifyKind.ProcessEx)
            {
                return NtStatus.InvalidParameter;
            }
        }

        if (count >= Maximum)
        {
            return kind is NotifyKind.Process or NotifyKind.ProcessEx ? NtStatus.InvalidParameter : NtStatus.InsufficientResources;
        }

        if (kernel.Faults.ShouldFail("notify", caller))
        {
            return NtStatus.InsufficientResources;
        }

        if (!kernel.Windows.Callbacks.AddNotify(NameOf(kind), new VirtualAddress(address), kind == NotifyKind.ProcessEx ? ExtendedForm : 0))
        {
            return NtStatus.InsufficientResources;
        }

        _routines.Add(new NotifyRoutine(kind, address, kernel.Drivers.At(address) ?? kernel.Drivers.At(caller), kernel.Traces.Capture()));
        return NtStatus.Success;
    }

    /// <summary>Takes a routine out.</summary>
    public NtStatus Remove(NotifyKind kind, ulong address)
    {
        var index = _routines.FindIndex(routine => routine.Kind == kind && routine.Address == address);
        if (index < 0)
        {
            return kind is NotifyKind.Process or NotifyKind.ProcessEx ? NtStatus.InvalidParameter : NtStatus.ProcedureNotFound;
        }

        _routines.RemoveAt(index);
        kernel.Windows.Callbacks.RemoveNotify(NameOf(kind), new VirtualAddress(address));
        return NtStatus.Success;
    }

    /// <summary>Takes all routines of a driver out; used when it is gone.</summary>
    public void RemoveAll(LoadedDriver driver)
    {
        foreach (var routine in _routines.Where(routine => routine.Owner == driver).ToArray())
        {
            Remove(routine.Kind, routine.Address);
        }
    }

    /// <summary>Tells of a new process.</summary>
    /// <returns>The first failure that a driver put into CreationStatus.</returns>
    public NtStatus ProcessCreated(LabProcess process)
    {
        if (!HasProcessRoutines())
        {
            return NtStatus.Success;
        }

        var memory = kernel.Memory;
        const ulong NotifyInfoBytes = 0x48;
        var image = @"\??\" + process.Path;
        var bytes = NotifyInfoBytes + 0x20 + ((ulong)(image.Length + process.CommandLine.Length + 2) * 2);
        var info = Scratch(bytes);
        memory.Clear(info, (int)NotifyInfoBytes);
        var imageText = info + NotifyInfoBytes + 0x20;
        var commandText = imageText + ((ulong)(image.Length + 1) * 2);
        memory.WriteString(imageText, image);
        memory.WriteString(commandText, process.CommandLine);
        memory.WriteUnicodeString(info + NotifyInfoBytes, imageText, image.Length * 2, (image.Length + 1) * 2);
        memory.WriteUnicodeString(info + NotifyInfoBytes + 0x10, commandText, process.CommandLine.Length * 2, (process.CommandLine.Length + 1) * 2);
        var parent = kernel.Processes.Find(process.ParentId);
        memory.WriteUInt64(info, NotifyInfoBytes);
        memory.WriteUInt32(info + 8, 1);
        memory.WriteUInt64(info + 0x10, process.ParentId);
        memory.WriteUInt64(info + 0x18, process.ParentId);
        memory.WriteUInt64(info + 0x20, parent?.ThreadId ?? 0);
        memory.WriteUInt64(info + 0x28, kernel.Devices.ImageFileObject(process.Path));
        memory.WriteUInt64(info + 0x30, info + NotifyInfoBytes);
        memory.WriteUInt64(info + 0x38, info + NotifyInfoBytes + 0x10);
        for (var i = 0; i < _routines.Count; i++)
        {
            var routine = _routines[i];
            if (routine.Kind == NotifyKind.ProcessEx)
            {
                kernel.Verifier.CallDriver("a process notify routine", routine.Address, process.Object.Address, process.Id, info);
            }
            else if (routine.Kind == NotifyKind.Process)
            {
                kernel.Verifier.CallDriver("a process notify routine", routine.Address, process.ParentId, process.Id, 1);
            }
        }

        var status = (NtStatus)memory.ReadUInt32(info + 0x40);
        return (int)status < 0 ? status : NtStatus.Success;
    }

    /// <summary>Tells of the end of a process.</summary>
    public void ProcessEnded(LabProcess process)
    {
        for (var i = 0; i < _routines.Count; i++)
        {
            var routine = _routines[i];
            if (routine.Kind == NotifyKind.ProcessEx)
            {
                kernel.Verifier.CallDriver("a process notify routine", routine.Address, process.Object.Address, process.Id, 0);
            }
            else if (routine.Kind == NotifyKind.Process)
            {
                kernel.Verifier.CallDriver("a process notify routine", routine.Address, process.ParentId, process.Id, 0);
            }
        }
    }

    /// <summary>Tells of a thread's start or end.</summary>
    /// <param name="process">Its process.</param>
    /// <param name="thread">The thread.</param>
    /// <param name="id">Its identifier.</param>
    /// <param name="created">Whether it starts.</param>
    public void ThreadChanged(LabProcess process, KernelObject thread, uint id, bool created)
    {
        for (var i = 0; i < _routines.Count; i++)
        {
            if (_routines[i].Kind == NotifyKind.Thread)
            {
                kernel.Verifier.CallDriver("a thread notify routine", _routines[i].Address, process.Id, id, created ? 1UL : 0);
            }
            else if (_routines[i].Kind == NotifyKind.NonSystemThread && process != kernel.Processes.SystemProcess)
            {
                // It runs on the thread that it is told of.
                using var scope = new ProcessScope(kernel, process.Object, thread, id);
                kernel.Verifier.CallDriver("a thread notify routine", _routines[i].Address, process.Id, id, created ? 1UL : 0);
            }
        }
    }

    /// <summary>Tells of a mapped image.</summary>
    public void ImageLoaded(string path, uint process, ulong start, ulong size, bool isSystem)
    {
        if (!HasImageRoutines)
        {
            return;
        }

        var memory = kernel.Memory;
        var block = kernel.Pool.Allocate(0x40 + ((ulong)(path.Length + 1) * 2), "ImgN", PoolKind.NonPaged);
        memory.WriteString(block + 0x40, path);
        memory.WriteUnicodeString(block, block + 0x40, path.Length * 2, (path.Length + 1) * 2);
        memory.WriteUInt32(block + 0x10, isSystem ? 0x103u : 3u);
        memory.WriteUInt64(block + 0x18, start);
        memory.WriteUInt64(block + 0x28, size);
        for (var i = 0; i < _routines.Count; i++)
        {
            if (_routines[i].Kind == NotifyKind.Image)
            {
                kernel.Verifier.CallDriver("an image notify routine", _routines[i].Address, block, process, block + 0x10);
            }
        }

        kernel.Pool.Free(block);
    }

    private static string NameOf(NotifyKind kind) => kind switch
    {
        NotifyKind.Thread or NotifyKind.NonSystemThread => "thread",
        NotifyKind.Image => "image",
        _ => "process",
    };

    // One block serves all notifications: they do not nest, and drivers may not keep it.
    private ulong Scratch(ulong bytes)
    {
        const ulong Usual = 0x400;
        if (_scratch != 0 && bytes <= _scratchBytes)
        {
            return _scratch;
        }

        if (_scratch != 0)
        {
            kernel.Pool.Free(_scratch);
            _scratch = 0;
        }

        _scratchBytes = Math.Max(bytes, Usual);
        return _scratch = kernel.Pool.Allocate(_scratchBytes, "PsCn");
    }

    private bool HasProcessRoutines()
    {
        foreach (var routine in _routines)
        {
            if (routine.Kind is NotifyKind.Process or NotifyKind.ProcessEx)
            {
                return true;
            }
        }

        return false;
    }
}
