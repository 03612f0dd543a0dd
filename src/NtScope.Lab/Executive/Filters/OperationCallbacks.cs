using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Filters;

/// <summary>How an operation passes the minifilters: down through their pre-operations, up through their post-operations.</summary>
internal sealed class OperationCallbacks(LabKernel kernel)
{
    private const uint SuccessNoCallback = 1;
    private const uint Pending = 2;
    private const uint Complete = 4;
    private const uint MoreProcessing = 1;
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly HashSet<ulong> _running = [];
    private readonly Dictionary<ulong, PendedOperation> _pended = [];

    /// <summary>Passes an operation down the minifilters, does it, and passes it up.</summary>
    /// <param name="file">The file.</param>
    /// <param name="major">The operation.</param>
    /// <param name="fill">Writes the operation's parameters (FLT_PARAMETERS).</param>
    /// <param name="perform">Does it; the parameters may have been changed.</param>
    /// <param name="minor">IRP_MN code.</param>
    /// <param name="flags">IRP flags: IRP_NOCACHE 1, IRP_PAGING_IO 2.</param>
    public (NtStatus Status, ulong Information) Do(
        OpenFile file, MajorFunction major, Action<ulong> fill, Func<ulong, (NtStatus Status, ulong Information)> perform, byte minor = 0, uint flags = 0)
    {
        var chain = kernel.Filters.All.Where(filter => filter.IsAttached && filter.Operations.ContainsKey((byte)major) && (file.Below is not { } below || filter.Altitude.CompareTo(below) < 0)).ToArray();
        var block = kernel.Pool.Allocate(FilterLayout.DataBytes + 8 + FilterLayout.ParametersBytes + 0x10, "FMcd");
        _running.Add(block);
        try
        {
            var parameters = block + FilterLayout.DataBytes + 8;
            _memory.WriteUInt32(block, 1);
            _memory.WriteUInt64(block + FilterLayout.DataThread, kernel.Threads.Current.Thread);
            _memory.WriteUInt64(block + FilterLayout.DataParameters, parameters);
            _memory.WriteByte(block + FilterLayout.DataRequestorMode, file.Below is null && kernel.Threads.Current.UserMode ? (byte)1 : (byte)0);
            _memory.WriteUInt32(parameters, flags);
            _memory.WriteByte(parameters + FilterLayout.ParametersMajor, (byte)major);
            _memory.WriteByte(parameters + FilterLayout.ParametersMinor, minor);
            _memory.WriteUInt64(parameters + FilterLayout.ParametersTarget, file.FileObject.Address);
            fill(parameters + FilterLayout.ParametersUnion);
            var called = new List<(MiniFilter Filter, ulong Context)>();
            var completed = PassDown(chain, file, block, parameters, major, called);
            if (!completed)
            {
                var (status, information) = perform(parameters + FilterLayout.ParametersUnion);
                _memory.WriteUInt32(block + FilterLayout.DataStatus, (uint)status);
                _memory.WriteUInt64(block + FilterLayout.DataInformation, information);
            }

            PassUp(file, block, parameters, major, called);
            return ((NtStatus)_memory.ReadUInt32(block + FilterLayout.DataStatus), _memory.ReadUInt64(block + FilterLayout.DataInformation));
        }
        finally
        {
            _running.Remove(block);
            if (_pended.Remove(block, out var unused))
            {
                kernel.Pool.Free(unused.Signal);
            }

            kernel.Pool.Free(block);
        }
    }

    private bool PassDown(MiniFilter[] chain, OpenFile file, ulong block, ulong parameters, MajorFunction major, List<(MiniFilter Filter, ulong Context)> called)
    {
        var cell = kernel.Pool.Allocate(8, "FMcc");
        try
        {
            foreach (var filter in chain)
            {
                var (pre, post) = filter.Operations[(byte)major];
                _memory.WriteUInt64(cell, 0);
                _memory.WriteUInt64(parameters + FilterLayout.ParametersInstance, filter.Instance);
                uint decision = 0;
                if (pre != 0)
                {
                    var related = kernel.Filters.Related(filter, file.FileObject.Address);
                    decision = (uint)kernel.Verifier.CallDriver($"the pre-{major} routine", pre, block, related, cell);
                    kernel.Pool.Free(related);
                }

                if (decision == Complete)
                {
                    return true;
                }

                if (decision == Pending)
                {
                    (decision, var context) = WaitFor(block);
                    _memory.WriteUInt64(cell, context);
                    if (decision == Complete)
                    {
                        return true;
                    }
                }

                if (decision != SuccessNoCallback && post != 0)
                {
                    called.Add((filter, _memory.ReadUInt64(cell)));
                }
            }

            return false;
        }
        finally
        {
            kernel.Pool.Free(cell);
        }
    }

    private void PassUp(OpenFile file, ulong block, ulong parameters, MajorFunction major, List<(MiniFilter Filter, ulong Context)> called)
    {
        for (var i = called.Count - 1; i >= 0; i--)
        {
            var (filter, context) = called[i];
            _memory.WriteUInt64(parameters + FilterLayout.ParametersInstance, filter.Instance);
            var related = kernel.Filters.Related(filter, file.FileObject.Address);
            var decision = (uint)kernel.Verifier.CallDriver($"the post-{major} routine", filter.Operations[(byte)major].Post, block, related, context, 0);
            kernel.Pool.Free(related);
            if (decision == MoreProcessing)
            {
                _ = WaitFor(block);
            }
        }
    }

    /// <summary>What FltCompletePendedPreOperation and FltCompletePendedPostOperation do; they may come before the routine has returned.</summary>
    /// <returns>False if there is no such operation, or it has been completed.</returns>
    public bool CompletePended(ulong block, uint decision, ulong context)
    {
        if (!_running.Contains(block))
        {
            return false;
        }

        var pended = PendedFor(block);
        if (pended.Decision is not null)
        {
            return false;
        }

        pended.Decision = decision;
        pended.Context = context;
        kernel.Dispatcher.Signal(pended.Signal, 1);
        return true;
    }

    private (uint Decision, ulong Context) WaitFor(ulong block)
    {
        var pended = PendedFor(block);
        kernel.Dispatcher.WaitFor([pended.Signal], all: false, null);
        _pended.Remove(block);
        kernel.Pool.Free(pended.Signal);
        return (pended.Decision!.Value, pended.Context);
    }

    private PendedOperation PendedFor(ulong block)
    {
        if (!_pended.TryGetValue(block, out var pended))
        {
            pended = new PendedOperation(kernel.Pool.Allocate(0x18, "FMpe"));
            kernel.Dispatcher.InitializeEvent(pended.Signal);
            _pended.Add(block, pended);
        }

        return pended;
    }

    private sealed class PendedOperation(ulong signal)
    {
        public ulong Signal { get; } = signal;

        public uint? Decision { get; set; }

        public ulong Context { get; set; }
    }
}
