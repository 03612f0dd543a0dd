using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>What IRP_MJ_QUERY_INFORMATION answers on the volume.</summary>
internal sealed class FileInformation(LabKernel kernel)
{
    private const int Classes = 77;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>The bytes of whole clusters that a size takes.</summary>
    public static ulong Allocated(ulong size) => (size + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1);

    /// <summary>Stops for a class that Windows has and the lab has not.</summary>
    public static void StopForKnown(LabKernel kernel, FileInformationClass kind, string verb)
    {
        if ((int)kind is > 0 and < Classes)
        {
            throw kernel.Stop("unimplemented", $"FILE_INFORMATION_CLASS {(int)kind} cannot be {verb}", kernel.Threads.Current.Trap.Caller?.Name);
        }
    }

    /// <summary>Writes information into guest memory.</summary>
    public (NtStatus Status, ulong Information) Query(OpenFile file, FileInformationClass kind, ulong buffer, uint length)
    {
        if (file.Node is not { } node)
        {
            return (NtStatus.InvalidParameter, 0);
        }

        var needed = kind switch
        {
            FileInformationClass.Standard => 24u,
            FileInformationClass.Basic => 40u,
            FileInformationClass.Internal or FileInformationClass.AttributeTag or FileInformationClass.Position => 8u,
            FileInformationClass.NetworkOpen => 56u,
            FileInformationClass.Name => 4u,
            FileInformationClass.Stream => 24u,
            _ => 0u,
        };
        if (needed == 0)
        {
            StopForKnown(kernel, kind, "queried");
            return (NtStatus.InvalidInfoClass, 0);
        }

        if (length < needed)
        {
            return (NtStatus.InfoLengthMismatch, 0);
        }

        switch (kind)
        {
            case FileInformationClass.Stream:
                return QueryStreams(node, buffer, length);
            case FileInformationClass.Name:
                return QueryName(node, buffer, length);
            default:
                _memory.Clear(buffer, (int)needed);
                Write(file, node, kind, buffer);
                return (NtStatus.Success, needed);
        }
    }

    private void Write(OpenFile file, FileNode node, FileInformationClass kind, ulong buffer)
    {
        var size = (ulong)node.LengthOf(file.Stream);
        switch (kind)
        {
            case FileInformationClass.Standard:
                var isPending = node.DeletePending || node.Streams.GetValueOrDefault(file.Stream) is { DeletePending: true };
                _memory.WriteUInt64(buffer, Allocated(size));
                _memory.WriteUInt64(buffer + 8, size);
                _memory.WriteUInt32(buffer + 16, node.IsUnlinked || isPending ? 0u : 1);
                _memory.WriteByte(buffer + 20, isPending ? (byte)1 : (byte)0);
                _memory.WriteByte(buffer + 21, node.IsDirectory ? (byte)1 : (byte)0);
                break;
            case FileInformationClass.Basic:
                WriteTimes(buffer, node);
                _memory.WriteUInt32(buffer + 32, node.Attributes);
                break;
            case FileInformationClass.Internal:
                _memory.WriteUInt64(buffer, node.Id);
                break;
            case FileInformationClass.NetworkOpen:
                WriteTimes(buffer, node);
                _memory.WriteUInt64(buffer + 32, Allocated(size));
                _memory.WriteUInt64(buffer + 40, size);
                _memory.WriteUInt32(buffer + 48, node.Attributes);
                break;
            case FileInformationClass.AttributeTag:
                _memory.WriteUInt32(buffer, node.Attributes);
                break;
            default:
                _memory.WriteUInt64(buffer, (ulong)kernel.Files.PositionOf(file));
                break;
        }
    }

    private (NtStatus Status, ulong Information) QueryName(FileNode node, ulong buffer, uint length)
    {
        var bytes = Encoding.Unicode.GetBytes(node.Path);
        var count = Math.Min(bytes.Length, (int)Math.Min(length - 4, int.MaxValue));
        _memory.WriteUInt32(buffer, (uint)bytes.Length);
        _memory.Write(buffer + 4, bytes.AsSpan(0, count));
        return (count < bytes.Length ? NtStatus.BufferOverflow : NtStatus.Success, 4 + (ulong)count);
    }

    private void WriteTimes(ulong at, FileNode node)
    {
        _memory.WriteUInt64(at, (ulong)node.Created);
        for (var i = 1UL; i < 4; i++)
        {
            _memory.WriteUInt64(at + (i * 8), (ulong)node.Written);
        }
    }

    private (NtStatus Status, ulong Information) QueryStreams(FileNode node, ulong buffer, uint length)
    {
        const uint NameOffset = 24;
        uint at = 0;
        uint last = 0;
        uint end = 0;
        foreach (var (name, data) in node.Streams)
        {
            var bytes = Encoding.Unicode.GetBytes($":{name}:$DATA");
            if (at + NameOffset + (uint)bytes.Length > length)
            {
                return (NtStatus.BufferOverflow, end);
            }

            if (end != 0)
            {
                _memory.WriteUInt32(buffer + last, at - last);
            }

            _memory.WriteUInt32(buffer + at, 0);
            _memory.WriteUInt32(buffer + at + 4, (uint)bytes.Length);
            _memory.WriteUInt64(buffer + at + 8, (ulong)data.Length);
            _memory.WriteUInt64(buffer + at + 16, Allocated((ulong)data.Length));
            _memory.Write(buffer + at + NameOffset, bytes);
            last = at;
            end = at + NameOffset + (uint)bytes.Length;
            at = (end + 7) & ~7u;
        }

        return (NtStatus.Success, end);
    }
}
