using System.Buffers.Binary;
using System.Numerics;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processors;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>
/// <c>KdDebuggerDataBlock</c> and <c>KdVersionBlock</c>, after <c>KDDEBUGGER_DATA64</c> of wdbgexts.h. Since Windows 8 a running kernel holds the first one
/// encoded; a crash dump holds it decoded.
/// </summary>
internal sealed class DebuggerBlock
{
    private const int EncodedSince = 9200;
    private const ulong OwnerTag = 0x4742_444B;

    // Where the block holds the address of which variable, and how many bytes the variable has where its place is not known.
    private static readonly (int Offset, string Variable, uint Size)[] Variables =
    [
        (0x48, "PsLoadedModuleList", 16), (0x50, "PsActiveProcessHead", 16), (0x58, "PspCidTable", 8), (0x60, "ExpSystemResourcesList", 16),
        (0x78, "KeTimeIncrement", 4), (0x80, "KeBugCheckCallbackListHead", 16), (0x88, "KiBugCheckData", 40), (0x90, "IopErrorLogListHead", 16),
        (0x98, "ObpRootDirectoryObject", 8), (0xA0, "ObpTypeObjectType", 8), (0xC0, "MmPfnDatabase", 8), (0xF0, "MmHighestPhysicalPage", 8),
        (0xE8, "MmLowestPhysicalPage", 8), (0xF8, "MmNumberOfPhysicalPages", 8), (0x1A8, "MmAvailablePages", 8), (0x1B8, "PoolTrackTable", 8),
        (0x1C8, "MmHighestUserAddress", 8), (0x1D0, "MmSystemRangeStart", 8), (0x1D8, "MmUserProbeAddress", 8), (0x200, "MmLoadedUserImageList", 16),
        (0x208, "NtBuildLab", 64), (0x218, "KiProcessorBlock", 0x800), (0x220, "MmUnloadedDrivers", 8), (0x228, "MmLastUnloadedDriver", 4),
        (0x230, "MmTriageActionTaken", 4), (0x238, "MmSpecialPoolTag", 4), (0x268, "CmNtCSDVersion", 4), (0x270, "MmPhysicalMemoryBlock", 8),
        (0x2D8, "KeLoaderBlock", 8),
    ];

    private readonly MachineContext _context;
    private readonly VirtualAddress _address;
    private readonly int _size;
    private readonly ulong _waitNever;
    private readonly ulong _waitAlways;
    private readonly VirtualAddress _flag;

    /// <summary>Writes both blocks, decoded.</summary>
    public DebuggerBlock(MachineContext context)
    {
        _context = context;
        _size = context.Version.Build switch { < 3790 => 0x290, < 6000 => 0x318, < 7600 => 0x330, < EncodedSince => 0x340, < 10240 => 0x360, _ => 0x380 };
        _address = context.Kernel.AddressOf("KdDebuggerDataBlock", (uint)_size);
        _flag = context.Kernel.AddressOf("KdpDataBlockEncoded", 1);
        (_waitNever, _waitAlways) = ((ulong)context.Random.NextInt64(), (ulong)context.Random.NextInt64());
        if (IsEncodedWhileRunning)
        {
            context.System.WriteUInt64(context.Kernel.AddressOf("KiWaitNever"), _waitNever);
            context.System.WriteUInt64(context.Kernel.AddressOf("KiWaitAlways"), _waitAlways);
        }

        var list = context.Kernel.AddressOf("KdpDebuggerDataListHead", 16);
        context.InitializeList(list);
        Write();
        context.InsertTail(list, _address);
        WriteVersion(list);
    }

    /// <summary>Where the block is.</summary>
    public VirtualAddress Address => _address;

    private bool IsEncodedWhileRunning => _context.Version.Build >= EncodedSince && !_context.IsNarrow;

    private string CurrentBlock => _context.IsNarrow ? "Prcb" : "CurrentPrcb";

    private string SelfPointer => _context.IsNarrow ? "SelfPcr" : "Self";

    /// <summary>Encodes the block as a running kernel holds it, or decodes it as a kernel does that writes a crash dump.</summary>
    public void SetEncoded(bool encoded)
    {
        if (!IsEncodedWhileRunning || _context.System.Span(_flag, 1)[0] == (encoded ? 1 : 0))
        {
            return;
        }

        var words = _context.System.Span(_address, _size);
        for (var at = 0; at < words.Length; at += sizeof(ulong))
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(words[at..]);
            BinaryPrimitives.WriteUInt64LittleEndian(words[at..], encoded ? Encode(word) : Decode(word));
        }

        _context.System.WriteByte(_flag, encoded ? (byte)1 : (byte)0);
    }

    private ulong Encode(ulong word) =>
        BitOperations.RotateRight(BinaryPrimitives.ReverseEndianness(word ^ _waitAlways) ^ _flag.Value, (int)(_waitNever & 0xFF)) ^ _waitNever;

    private ulong Decode(ulong word) =>
        BinaryPrimitives.ReverseEndianness(BitOperations.RotateLeft(word ^ _waitNever, (int)(_waitNever & 0xFF)) ^ _flag.Value) ^ _waitAlways;

    private void Write()
    {
        var block = new byte[_size];
        Put64(block, 0x10, OwnerTag | (ulong)_size << 32);
        PutAddress(block, 0x18, _context.Kernel.Base);
        block[0x36] = (byte)(_context.System.Paging.Directories > 1 ? 1 : 0);
        foreach (var (offset, name, size) in Variables)
        {
            PutAddress(block, offset, _context.Kernel.AddressOf(name, size));
        }

        Put64(block, 0x138, PhysicalRam.PageSize);
        foreach (var (offset, structure, field) in Offsets)
        {
            if (LabStructure.Find(_context.Types, structure, field) is { } found)
            {
                Put16(block, offset, found.Offset);
            }
        }

        Put16(block, 0x2A8, LabStructure.SizeOf(_context.Types, "_EPROCESS"));
        Put16(block, 0x2B0, LabStructure.SizeOf(_context.Types, "_KPRCB"));
        Put16(block, 0x2C0, LabStructure.SizeOf(_context.Types, "_ETHREAD"));
        var controlBlock = (uint)ProcessorBuilder.ControlBlockOffsetOf(_context);
        Put16(block, 0x2E0, controlBlock + LabStructure.SizeOf(_context.Types, "_KPRCB"));
        Put16(block, 0x2E2, LabStructure.Find(_context.Types, "_KPCR", SelfPointer)!.Offset);
        Put16(block, 0x2E4, LabStructure.Find(_context.Types, "_KPCR", CurrentBlock)!.Offset);
        Put16(block, 0x2E6, controlBlock);
        foreach (var (offset, selector) in _context.IsNarrow ? NarrowSelectors : Selectors)
        {
            Put16(block, offset, selector);
        }

        if (_size > 0x370)
        {
            PutAddress(block, 0x368, _context.System.PteBase);
        }

        _context.System.Write(_address, block);
    }

    // Where the block holds the offset of which field.
    private static readonly (int Offset, string Structure, string Field)[] Offsets =
    [
        (0x298, "_KTHREAD", "NextProcessor"), (0x29A, "_KTHREAD", "Teb"), (0x29C, "_KTHREAD", "KernelStack"), (0x29E, "_KTHREAD", "InitialStack"),
        (0x2A0, "_KTHREAD", "ApcState.Process"), (0x2A2, "_KTHREAD", "State"), (0x2AA, "_EPROCESS", "Peb"), (0x2AC, "_EPROCESS", "InheritedFromUniqueProcessId"),
        (0x2AE, "_EPROCESS", "Pcb.DirectoryTableBase"), (0x2B2, "_KPRCB", "DpcRoutineActive"), (0x2B4, "_KPRCB", "CurrentThread"), (0x2B6, "_KPRCB", "MHz"),
        (0x2B8, "_KPRCB", "CpuType"), (0x2BA, "_KPRCB", "VendorString"), (0x2BC, "_KPRCB", "ProcessorState.ContextFrame"), (0x2BE, "_KPRCB", "Number"),
        (0x2F2, "_KPRCB", "ProcessorState.SpecialRegisters"),
        (0x338, "_KPRCB", "Context"),
    ];

    // Selectors: kernel code, data and processor region; user code, data and thread block; local table, task; compatibility mode.
    private static readonly (int Offset, uint Selector)[] Selectors =
    [
        (0x2F4, 0x10), (0x2F6, 0x18), (0x2F8, 0), (0x2FA, 0x33), (0x2FC, 0x2B), (0x2FE, 0x53), (0x302, 0x40), (0x304, 0x20), (0x306, 0x50),
    ];

    private static readonly (int Offset, uint Selector)[] NarrowSelectors =
    [
        (0x2F4, 0x08), (0x2F6, 0x10), (0x2F8, 0x30), (0x2FA, 0x1B), (0x2FC, 0x23), (0x2FE, 0x3B), (0x300, 0), (0x302, 0x28),
    ];

    private void WriteVersion(VirtualAddress list)
    {
        var address = _context.Kernel.AddressOf("KdVersionBlock", 0x28);
        var block = new byte[0x28];
        Put16(block, 0x00, 0xF);
        Put16(block, 0x02, (uint)_context.Version.Build);
        block[0x04] = 6;
        block[0x05] = 3;
        Put16(block, 0x06, _context.IsNarrow ? 0x3u : 0x47);
        Put16(block, 0x08, _context.IsNarrow ? 0x14Cu : 0x8664);
        block[0x0A] = 0xC;
        block[0x0B] = 3;
        block[0x0C] = 0x2F;
        PutAddress(block, 0x10, _context.Kernel.Base);
        PutAddress(block, 0x18, _context.Kernel.AddressOf("PsLoadedModuleList", 16));
        PutAddress(block, 0x20, list);
        _context.System.Write(address, block);
    }

    private static void Put16(Span<byte> block, int offset, uint value)
    {
        if (offset + sizeof(ushort) <= block.Length)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(block[offset..], (ushort)value);
        }
    }

    // Addresses of x86 are sign-extended.
    private void PutAddress(Span<byte> block, int offset, VirtualAddress address) =>
        Put64(block, offset, _context.IsNarrow ? (ulong)(int)(uint)address.Value : address.Value);

    private static void Put64(Span<byte> block, int offset, ulong value)
    {
        if (offset + sizeof(ulong) <= block.Length)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block[offset..], value);
        }
    }
}
