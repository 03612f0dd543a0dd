using System.Buffers.Binary;
using NtScope.Testing.Images;

namespace NtScope.Testing.Syscalls;

/// <summary>
/// Builds a kernel as its own assembler files lay it out: routines, Zw routines at equal distances, <c>KiServiceTable</c> with its limit
/// and argument bytes, <c>KeServiceDescriptorTable</c>, the exported routine that uses it and the start-up code that fills it.
/// </summary>
public sealed class KernelImageBuilder
{
    private const uint TextRva = 0x1000;
    private const uint RoutineSize = 0x20;

    private readonly ProcessorArchitecture _architecture;
    private readonly int _count;
    private readonly List<byte> _text = [];
    private readonly List<byte> _init = [];
    private readonly uint _tableRva;
    private readonly uint _descriptorRva;

    /// <summary>A builder of a kernel with this many services.</summary>
    public KernelImageBuilder(ProcessorArchitecture architecture, int count)
    {
        _architecture = architecture;
        _count = count;
        Image = new PeImageBuilder(architecture) { ModuleName = "ntoskrnl.exe" };
        _tableRva = 0x100000;
        _descriptorRva = 0x140000;
        EntrySize = Image.Is64Bit ? 8 : 4;
    }

    /// <summary>The builder below, for what else a test wants.</summary>
    public PeImageBuilder Image { get; }

    /// <summary>The size of an entry in the file: 8 up to build 10586 of x64, 4 from 14393 and on x86.</summary>
    public int EntrySize { get; set; }

    /// <summary>Whether every seventh service has exported Zw and Nt routines.</summary>
    public bool ExportsPairs { get; set; } = true;

    /// <summary>Whether the start-up code and the routine that adds tables are there.</summary>
    public bool HasDescriptorCode { get; set; } = true;

    /// <summary>Whether <c>KeAddSystemServiceTable</c> loads the address of the descriptor (7) instead of comparing a field (8 and later).</summary>
    public bool LoadsDescriptorAddress { get; set; }

    /// <summary>By how much the limit lies about the table.</summary>
    public int LimitError { get; set; }

    /// <summary>Where the table is.</summary>
    public uint TableRva => _tableRva;

    /// <summary>Where the routine of a service is.</summary>
    public uint RoutineRva(int index) => TextRva + ((uint)((index * 37) % RoutineCount) * RoutineSize);

    /// <summary>The stack arguments of a service.</summary>
    public int StackArguments(int index) => Image.Is64Bit ? (index % 3 == 0 ? index % 11 : 0) : index % 12;

    /// <summary>How many routines there are; the services share them in a fixed disorder.</summary>
    public int RoutineCount { get; init; } = 1000;

    /// <summary>Writes the kernel.</summary>
    public PeImageBuilder Build()
    {
        for (var i = 0; i < RoutineCount; i++)
        {
            Routine(i);
        }

        var dispatcher = Append([0xFB, 0xC3]);
        Align(0x20);
        for (var i = 0; i < _count; i++)
        {
            var rva = Stub(i, dispatcher);
            if (ExportsPairs && i % 7 == 0)
            {
                Image.Export($"ZwService{i:d3}", rva).Export($"NtService{i:d3}", RoutineRva(i));
            }
        }

        Image.Export("KeBugCheckEx", dispatcher);
        if (HasDescriptorCode)
        {
            WriteDescriptorCode();
        }

        Image.AddSectionAt(TextRva, ".text", [.. _text], executable: true);
        Image.AddSectionAt(_tableRva, ".rdata", TableBytes());
        Image.AddSectionAt(_descriptorRva, ".data", new byte[0x100]);
        Image.AddSectionAt(0x150000, "INIT", [.. _init, 0xC3], executable: true);
        return Image;
    }

    private byte[] TableBytes()
    {
        var limit = _count * EntrySize;
        var bytes = new byte[limit + 4 + _count + 0x40];
        for (var i = 0; i < _count; i++)
        {
            var entry = bytes.AsSpan(i * EntrySize);
            if (EntrySize == 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(entry, Image.PreferredBase + RoutineRva(i));
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entry, Image.Is64Bit ? RoutineRva(i) : (uint)Image.PreferredBase + RoutineRva(i));
            }

            if (EntrySize == 8 || !Image.Is64Bit)
            {
                Image.Relocate(_tableRva + (uint)(i * EntrySize));
            }

            bytes[limit + 4 + i] = (byte)(StackArguments(i) * 4);
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(limit), _count + LimitError);
        return bytes;
    }

    private void Routine(int index)
    {
        var rva = TextRva + (uint)_text.Count;
        if (Image.Is64Bit)
        {
            // sub rsp,28h; xor eax,eax; add rsp,28h; ret
            Append([0x48, 0x83, 0xEC, 0x28, 0x33, 0xC0, 0x48, 0x83, 0xC4, 0x28, 0xC3]);
            Image.WithFunction(rva, rva + 11);
        }
        else
        {
            Append([0x8B, 0xFF, 0x55, 0x8B, 0xEC, 0x33, 0xC0, 0x5D, 0xC2, (byte)(StackArguments(index) * 4), 0]);
        }

        Align(RoutineSize);
    }

    private uint Stub(int index, uint dispatcher)
    {
        var rva = TextRva + (uint)_text.Count;
        switch (_architecture)
        {
            case ProcessorArchitecture.X64:
                // mov rax,rsp; cli; sub rsp,10h; push rax; pushfq; push 10h; lea rax,[KiServiceLinkage]; push rax; mov eax,N; jmp KiServiceInternal
                Append([0x48, 0x8B, 0xC4, 0xFA, 0x48, 0x83, 0xEC, 0x10, 0x50, 0x9C, 0x6A, 0x10, 0x48, 0x8D, 0x05, .. Relative(dispatcher, rva + 19), 0x50]);
                Append([0xB8, .. BitConverter.GetBytes(index), 0xE9, .. Relative(dispatcher, rva + 30)]);
                Align(0x20);
                break;
            case ProcessorArchitecture.X86:
                // mov eax,N; lea edx,[esp+4]; pushfd; push 8; call KiSystemService; ret n
                Append([0xB8, .. BitConverter.GetBytes(index), 0x8D, 0x54, 0x24, 4, 0x9C, 0x6A, 8, 0xE8, .. Relative(dispatcher, rva + 17)]);
                Append(StackArguments(index) == 0 ? [0xC3, 0x90, 0x90] : [0xC2, (byte)(StackArguments(index) * 4), 0]);
                break;
            default:
                // mov w16,#N; b KiServiceInternal
                Append([.. BitConverter.GetBytes(0x52800010u | ((uint)index << 5)), .. BitConverter.GetBytes(0x14000000u | (((dispatcher - rva - 4) >> 2) & 0x3FFFFFF))]);
                Align(0x10);
                break;
        }

        return rva;
    }

    private void WriteDescriptorCode()
    {
        if (_architecture == ProcessorArchitecture.X86)
        {
            // mov dword ptr [KeServiceDescriptorTable],offset KiServiceTable, and the argument table the same way
            Image.Export("KeServiceDescriptorTable", _descriptorRva);
            StoreX86(_descriptorRva, _tableRva);
            StoreX86(_descriptorRva + 12, _tableRva + (uint)(_count * EntrySize) + 4);
        }
        else if (_architecture == ProcessorArchitecture.X64)
        {
            Align(0x10);
            var rva = TextRva + (uint)_text.Count;
            if (LoadsDescriptorAddress)
            {
                // mov eax,[rsp+28h]; cmp eax,1; ja +2Dh; shl rax,5; lea r11,[KeServiceDescriptorTable]; cmp qword ptr [rax+r11],0; ret
                Append([0x8B, 0x44, 0x24, 0x28, 0x83, 0xF8, 1, 0x77, 0x2D, 0x48, 0xC1, 0xE0, 5, 0x4C, 0x8D, 0x1D, .. Relative(_descriptorRva, rva + 20)]);
                Append([0x4A, 0x83, 0x3C, 0x18, 0, 0xC3]);
            }
            else
            {
                // sub rsp,28h; cmp dword ptr [rsp+50h],1; jne; cmp qword ptr [KeServiceDescriptorTable+20h],0; ret
                Append([0x48, 0x83, 0xEC, 0x28, 0x83, 0x7C, 0x24, 0x50, 1, 0x75, 0x10, 0x48, 0x83, 0x3D, .. Relative(_descriptorRva + 0x20, rva + 19), 0, 0xC3]);
            }

            Image.Export("KeAddSystemServiceTable", rva);

            // lea rax,[KiServiceTable]; mov ecx,[KiServiceLimit]; mov [KeServiceDescriptorTable],rax
            var init = 0x150000u;
            _init.AddRange([0x48, 0x8D, 0x05, .. Relative(_tableRva, init + 7)]);
            _init.AddRange([0x8B, 0x0D, .. Relative(_tableRva + (uint)(_count * EntrySize), init + 13)]);
            _init.AddRange([0x48, 0x89, 0x05, .. Relative(_descriptorRva, init + 20)]);
        }
    }

    private void StoreX86(uint variable, uint value)
    {
        var rva = 0x150000u + (uint)_init.Count;
        var preferredBase = (uint)Image.PreferredBase;
        _init.AddRange([0xC7, 0x05, .. BitConverter.GetBytes(preferredBase + variable), .. BitConverter.GetBytes(preferredBase + value)]);
        Image.Relocate(rva + 2).Relocate(rva + 6);
    }

    private static byte[] Relative(uint target, uint next) => BitConverter.GetBytes(target - next);

    private uint Append(ReadOnlySpan<byte> bytes)
    {
        var rva = TextRva + (uint)_text.Count;
        _text.AddRange(bytes);
        return rva;
    }

    private void Align(uint size)
    {
        while (_text.Count % size != 0)
        {
            _text.Add(0xCC);
        }
    }
}
