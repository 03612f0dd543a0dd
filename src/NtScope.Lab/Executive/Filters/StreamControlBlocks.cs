using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>What FILE_OBJECT.FsContext points to: one FSRTL_ADVANCED_FCB_HEADER (ntifs.h, x64) for each stream that is open.</summary>
internal sealed class StreamControlBlocks(LabKernel kernel)
{
    private const ulong Bytes = 0x68;
    private const ushort DataStream = 0x0705;
    private const byte AdvancedHeader = 0x40;
    private const byte SupportsFilterContexts = 0x02;
    private const ulong Allocation = 0x18;
    private const ulong FileSize = 0x20;
    private const ulong ValidLength = 0x28;
    private const ulong FilterContextList = 0x38;
    private readonly Dictionary<object, (ulong Address, int Files)> _blocks = [];

    /// <summary>The block of a file's stream; it is kept until as many files are closed as were opened.</summary>
    public ulong Open(OpenFile file)
    {
        var key = file.StreamObject!;
        var (address, files) = _blocks.GetValueOrDefault(key);
        if (address == 0)
        {
            address = kernel.Pool.Allocate(Bytes, "Ntfx");
            kernel.Memory.Clear(address, (int)Bytes);
            kernel.Memory.WriteUInt16(address, DataStream);
            kernel.Memory.WriteUInt16(address + 2, (ushort)Bytes);
            kernel.Memory.WriteByte(address + 4, AdvancedHeader);
            kernel.Memory.WriteByte(address + 6, SupportsFilterContexts);
            kernel.Memory.WriteUInt64(address + FilterContextList, address + FilterContextList);
            kernel.Memory.WriteUInt64(address + FilterContextList + 8, address + FilterContextList);
        }

        _blocks[key] = (address, files + 1);
        WriteSizes(address, file);
        return address;
    }

    /// <summary>Writes the sizes anew.</summary>
    public void Update(OpenFile file)
    {
        if (file.StreamObject is { } key && _blocks.TryGetValue(key, out var block))
        {
            WriteSizes(block.Address, file);
        }
    }

    /// <summary>Forgets a file.</summary>
    public void Close(OpenFile file)
    {
        if (file.StreamObject is not { } key || !_blocks.TryGetValue(key, out var block))
        {
            return;
        }

        if (block.Files > 1)
        {
            _blocks[key] = (block.Address, block.Files - 1);
            return;
        }

        _blocks.Remove(key);
        kernel.Pool.Free(block.Address);
    }

    private void WriteSizes(ulong address, OpenFile file)
    {
        var size = file.StreamObject is StreamData data ? (ulong)data.Length : 0;
        kernel.Memory.WriteUInt64(address + Allocation, FileInformation.Allocated(size));
        kernel.Memory.WriteUInt64(address + FileSize, size);
        kernel.Memory.WriteUInt64(address + ValidLength, size);
    }
}
