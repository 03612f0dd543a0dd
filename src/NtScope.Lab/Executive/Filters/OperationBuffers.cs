using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Filters;

/// <summary>The buffers that operations name, by address and by MDL.</summary>
internal sealed class OperationBuffers(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>The buffer that an operation's parameters name: their MDL's if there is one, or the address itself.</summary>
    /// <param name="at">Where the address stands; the MDL stands behind it.</param>
    public ulong AddressAt(ulong at) => _memory.ReadUInt64(at + 8) is var mdl and not 0 ? kernel.Mdls.Map(mdl) : _memory.ReadUInt64(at);

    /// <summary>Writes the parameters as a minifilter found them.</summary>
    /// <param name="running">The operation.</param>
    /// <param name="before">Its FLT_IO_PARAMETER_BLOCK.</param>
    public void Restore(FilterOperation running, byte[] before)
    {
        var at = running.BufferAt;
        if (at != 0 && _memory.ReadUInt64(at + 8) is var mdl and not 0 && mdl != running.LockedMdl && mdl != BitConverter.ToUInt64(before, (int)(at + 8 - running.Parameters)))
        {
            // An MDL that a minifilter has put in belongs to the filter manager.
            kernel.Mdls.Free(mdl);
        }

        _memory.Write(running.Parameters, before);
        ShowLockedBuffer(running);
    }

    /// <summary>What FltLockUserBuffer does: the parameters name an MDL of the user's buffer, whose pages stay until the operation has ended.</summary>
    public NtStatus Lock(FilterOperation running)
    {
        var at = running.BufferAt;
        if (at == 0 || _memory.ReadUInt64(at) == 0)
        {
            return NtStatus.InvalidParameter;
        }

        if (_memory.ReadUInt64(at + 8) != 0)
        {
            return NtStatus.Success;
        }

        var buffer = _memory.ReadUInt64(at);
        var length = _memory.ReadUInt32(running.Parameters + FilterLayout.ParametersUnion);
        if (!_memory.IsValid(buffer, length, Cpu.MemoryAccess.Read) || !kernel.UserBuffers.IsOf(buffer, running.Process))
        {
            return NtStatus.AccessViolation;
        }

        running.LockedMdl = kernel.Mdls.Create(buffer, length);
        running.LockedBuffer = buffer;
        kernel.Mdls.Lock(running.LockedMdl, write: running.Major != MajorFunction.Write);
        ShowLockedBuffer(running);
        if (running.Before.Length > 0)
        {
            BitConverter.TryWriteBytes(running.Before.AsSpan((int)(at + 8 - running.Parameters)), running.LockedMdl);
        }

        return NtStatus.Success;
    }

    /// <summary>Unlocks the user's buffer when the operation has ended.</summary>
    public void Release(FilterOperation running)
    {
        if (running.LockedMdl != 0)
        {
            kernel.Mdls.Unlock(running.LockedMdl);
            kernel.Mdls.Free(running.LockedMdl);
        }
    }

    private void ShowLockedBuffer(FilterOperation running)
    {
        if (running.LockedMdl != 0 && _memory.ReadUInt64(running.BufferAt) == running.LockedBuffer)
        {
            _memory.WriteUInt64(running.BufferAt + 8, running.LockedMdl);
        }
    }
}
