using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Filters;

/// <summary>How an operation passes the minifilters: down through their pre-operations, up through their post-operations.</summary>
internal sealed class OperationCallbacks(LabKernel kernel)
{
    private const uint Synchronize = 5;
    private const uint SuccessWithCallback = 0;
    private const uint SuccessNoCallback = 1;
    private const uint Pending = 2;
    private const uint Complete = 4;
    private const uint MoreProcessing = 1;
    private const uint Dirty = 0x8000_0000;
    private const uint PagingIo = 2;
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, FilterOperation> _running = [];

    /// <summary>Whether reads and writes of files end in a DPC on a thread of no matter which process, as those that wait for a disk do.</summary>
    public bool CompletesTransfersInDpc { get; set; }

    /// <summary>The buffers of operations.</summary>
    public OperationBuffers Buffers { get; } = new(kernel);

    /// <summary>The operation of a FLT_CALLBACK_DATA; null if there is none, or no longer.</summary>
    public FilterOperation? Find(ulong block) => _running.GetValueOrDefault(block);

    /// <summary>Passes an operation down the minifilters, does it, and passes it up.</summary>
    /// <param name="file">The file.</param>
    /// <param name="major">The operation.</param>
    /// <param name="fill">Writes the operation's parameters (FLT_PARAMETERS).</param>
    /// <param name="perform">Does it; the parameters may have been changed.</param>
    /// <param name="minor">IRP_MN code.</param>
    /// <param name="flags">IRP flags: IRP_NOCACHE 1, IRP_PAGING_IO 2.</param>
    /// <param name="below">The altitude below which it begins; null for that of the file.</param>
    public (NtStatus Status, ulong Information) Do(
        OpenFile file, MajorFunction major, Action<ulong> fill, Func<ulong, (NtStatus Status, ulong Information)> perform, byte minor = 0, uint flags = 0, Altitude? below = null)
    {
        var isTransfer = major is MajorFunction.Read or MajorFunction.Write;
        var highest = below ?? file.Below;
        var chain = kernel.Filters.All.Where(filter => filter.IsAttached && filter.Operations.TryGetValue((byte)major, out var operation)
            && !(isTransfer && operation.Skips(flags)) && (highest is not { } limit || filter.Altitude.CompareTo(limit) < 0)).ToArray();
        var thread = kernel.Threads.Current;
        var block = kernel.Pool.Allocate(FilterLayout.DataBytes + 8 + FilterLayout.ParametersBytes + 0x10, "FMcd");
        var running = new FilterOperation(file, major, block, thread.Process) { CompletesInDpc = isTransfer && CompletesTransfersInDpc };
        _running.Add(block, running);
        try
        {
            _memory.WriteUInt32(block, 1);
            _memory.WriteUInt64(block + FilterLayout.DataThread, thread.Thread);
            _memory.WriteUInt64(block + FilterLayout.DataParameters, running.Parameters);
            _memory.WriteByte(block + FilterLayout.DataRequestorMode, highest is null && thread is { UserMode: true, Invocations.Count: 0 } ? (byte)1 : (byte)0);
            _memory.WriteUInt32(running.Parameters, flags);
            _memory.WriteByte(running.Parameters + FilterLayout.ParametersMajor, (byte)major);
            _memory.WriteByte(running.Parameters + FilterLayout.ParametersMinor, minor);
            _memory.WriteUInt64(running.Parameters + FilterLayout.ParametersTarget, file.FileObject.Address);
            fill(running.Parameters + FilterLayout.ParametersUnion);
            if (!PassDown(chain, running))
            {
                if (_memory.ReadUInt64(running.Parameters + FilterLayout.ParametersTarget) != file.FileObject.Address)
                {
                    throw kernel.Stop("unimplemented", $"a minifilter sends the {major} of {file.Name} to another file object", "FltSetCallbackDataDirty");
                }

                var (status, information) = perform(running.Parameters + FilterLayout.ParametersUnion);
                _memory.WriteUInt32(block + FilterLayout.DataStatus, (uint)status);
                _memory.WriteUInt64(block + FilterLayout.DataInformation, information);
            }

            PassUp(running);
            return ((NtStatus)_memory.ReadUInt32(block + FilterLayout.DataStatus), _memory.ReadUInt64(block + FilterLayout.DataInformation));
        }
        finally
        {
            _running.Remove(block);
            Release(running);
        }
    }

    private void Release(FilterOperation running)
    {
        if (running.Signal != 0)
        {
            kernel.Pool.Free(running.Signal);
        }

        Buffers.Release(running);
        kernel.Pool.Free(running.Block);
    }

    private bool PassDown(MiniFilter[] chain, FilterOperation running)
    {
        var cell = kernel.Pool.Allocate(8, "FMcc");
        try
        {
            foreach (var filter in chain)
            {
                var operation = filter.Operations[(byte)running.Major];
                _memory.WriteUInt64(cell, 0);
                _memory.WriteUInt64(running.Parameters + FilterLayout.ParametersInstance, filter.Instance);
                var before = running.Before = ReadParameters(running);
                var decision = operation.Pre == 0 ? SuccessWithCallback : CallBefore(filter, operation, running, cell);
                if (decision == Complete)
                {
                    return true;
                }

                if (decision is SuccessWithCallback or Synchronize && operation.Post != 0)
                {
                    running.Passed.Add(new PassedFilter(filter, _memory.ReadUInt64(cell), before, decision == Synchronize));
                }
            }

            return false;
        }
        finally
        {
            kernel.Pool.Free(cell);
        }
    }

    private uint CallBefore(MiniFilter filter, FilteredOperation operation, FilterOperation running, ulong cell)
    {
        var block = running.Block;
        _memory.WriteUInt32(block, _memory.ReadUInt32(block) & ~Dirty);
        var related = kernel.Filters.Related(filter, running.File.FileObject.Address);
        var what = $"the pre-{running.Major} routine";
        var decision = (uint)kernel.Verifier.CallDriver(what, operation.Pre, block, related, cell);
        if (decision == Pending)
        {
            (decision, var context) = WaitFor(running);
            _memory.WriteUInt64(cell, context);
        }

        kernel.Pool.Free(related);
        if (decision != Complete)
        {
            CheckChanges(running, what, operation.Pre);
        }

        return CheckDecision(running, operation, what, decision);
    }

    // Without the dirty flag the filter manager does not look at what was changed.
    private void CheckChanges(FilterOperation running, string what, ulong routine)
    {
        var isDirty = (_memory.ReadUInt32(running.Block) & Dirty) != 0;
        if (!isDirty && !_memory.Span(running.Parameters, running.Before.Length).SequenceEqual(running.Before))
        {
            kernel.Verifier.Report(
                "parameters-not-dirty", $"{what} ({kernel.Drivers.Describe(routine)}) changes parameters and does not call FltSetCallbackDataDirty: the changes are lost", what, routine);
            _memory.Write(running.Parameters, running.Before);
        }
    }

    private uint CheckDecision(FilterOperation running, FilteredOperation operation, string what, uint decision)
    {
        const uint DisallowFileSystemFilter = 6;
        var isFileSystemFilter = running.Major is MajorFunction.AcquireForSectionSynchronization or MajorFunction.ReleaseForSectionSynchronization;
        var mistake = decision switch
        {
            SuccessWithCallback or Synchronize when operation.Post == 0 => $"returned {decision}, which asks for the post-operation, and none is registered",
            SuccessWithCallback or SuccessNoCallback or Synchronize => null,
            Complete when running.Major is MajorFunction.Cleanup or MajorFunction.Close => "returned FLT_PREOP_COMPLETE; nobody can keep a file from being closed",
            Complete when (NtStatus)_memory.ReadUInt32(running.Block + FilterLayout.DataStatus) == NtStatus.Pending => "returned FLT_PREOP_COMPLETE with STATUS_PENDING in IoStatus",
            Complete => null,
            DisallowFileSystemFilter when isFileSystemFilter => null,
            _ => $"returned {decision}, which is no FLT_PREOP_CALLBACK_STATUS for this operation",
        };
        if (mistake is null)
        {
            return decision;
        }

        kernel.Verifier.Report("bad-filter-status", $"{what} ({kernel.Drivers.Describe(operation.Pre)}) {mistake}", what, operation.Pre);
        return SuccessNoCallback;
    }

    // Each minifilter on the way up sees the parameters as its pre-operation found them.
    private void PassUp(FilterOperation running)
    {
        for (var i = running.Passed.Count - 1; i >= 0; i--)
        {
            var passed = running.Passed[i];
            Buffers.Restore(running, passed.Before);
            var related = kernel.Filters.Related(passed.Filter, running.File.FileObject.Address);
            var (what, routine) = ($"the post-{running.Major} routine", passed.Filter.Operations[(byte)running.Major].Post);
            running.CompletesInDpc &= !passed.IsSynchronized;
            var wasOpened = IsOpened(running);
            var decision = CallAfter(running, passed, related);
            if (decision == MoreProcessing)
            {
                _ = WaitFor(running);
                running.CompletesInDpc = false;
            }
            else if (decision > 2)
            {
                kernel.Verifier.Report("bad-filter-status", $"{what} ({kernel.Drivers.Describe(routine)}) returned {decision}, which is no FLT_POSTOP_CALLBACK_STATUS", what, routine);
            }

            kernel.Pool.Free(related);
            if (wasOpened && !IsOpened(running) && !running.File.IsClosed)
            {
                kernel.Verifier.Report(
                    "create-not-cancelled",
                    $"{what} ({kernel.Drivers.Describe(routine)}) lets the create of {running.File.Name} fail and does not call FltCancelFileOpen: the file stays open below it", what, routine);
            }
        }
    }

    private bool IsOpened(FilterOperation running) =>
        running is { Major: MajorFunction.Create, File.Node: not null } && (int)_memory.ReadUInt32(running.Block + FilterLayout.DataStatus) >= 0;

    private uint CallAfter(FilterOperation running, PassedFilter passed, ulong related)
    {
        var (what, routine) = ($"the post-{running.Major} routine", passed.Filter.Operations[(byte)running.Major].Post);
        if (!running.CompletesInDpc)
        {
            return (uint)kernel.Verifier.CallDriver(what, routine, running.Block, related, passed.Context, 0);
        }

        using var scope = kernel.AsSystem();
        return kernel.DeferredCalls.Run(() => (uint)kernel.Verifier.CallDriver(what, routine, running.Block, related, passed.Context, 0));
    }

    private byte[] ReadParameters(FilterOperation running) => _memory.Span(running.Parameters, (int)FilterLayout.ParametersBytes).ToArray();

    /// <summary>What FltDoCompletionProcessingWhenSafe does: calls a routine at once if the level allows, or has the system's worker call it.</summary>
    /// <returns>Whether the routine is or will be called.</returns>
    public bool CompleteWhenSafe(FilterOperation running, ulong routine, ulong related, ulong context, ulong flags, ulong result)
    {
        const string What = "the safe post-operation";
        if (kernel.Threads.Current.Irql < Irql.Dispatch)
        {
            _memory.WriteUInt32(result, (uint)kernel.Verifier.CallDriver(What, routine, running.Block, related, context, flags));
            return true;
        }

        var canBePosted = (_memory.ReadUInt32(running.Parameters) & PagingIo) == 0;
        _memory.WriteUInt32(result, canBePosted ? MoreProcessing : 0);
        if (canBePosted)
        {
            kernel.Workers.Queue(() =>
            {
                if ((uint)kernel.Verifier.CallDriver(What, routine, running.Block, related, context, flags) != MoreProcessing)
                {
                    CompletePended(running.Block, 0, 0);
                }
            });
        }

        return canBePosted;
    }

    /// <summary>What FltCompletePendedPreOperation and FltCompletePendedPostOperation do; they may come before the routine has returned.</summary>
    /// <returns>False if there is no such operation, or it has been completed.</returns>
    public bool CompletePended(ulong block, uint decision, ulong context)
    {
        if (Find(block) is not { Decision: null } running)
        {
            return false;
        }

        running.Decision = decision;
        running.Context = context;
        kernel.Dispatcher.Signal(SignalOf(running), 1);
        return true;
    }

    private (uint Decision, ulong Context) WaitFor(FilterOperation running)
    {
        kernel.Dispatcher.WaitFor([SignalOf(running)], all: false, null);
        var (decision, context) = (running.Decision!.Value, running.Context);
        kernel.Pool.Free(running.Signal);
        (running.Signal, running.Decision, running.Context) = (0, null, 0);
        return (decision, context);
    }

    private ulong SignalOf(FilterOperation running)
    {
        if (running.Signal == 0)
        {
            running.Signal = kernel.Pool.Allocate(0x18, "FMpe");
            kernel.Dispatcher.InitializeEvent(running.Signal);
        }

        return running.Signal;
    }
}
