using Iced.Intel;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>Decodes x86 or x64 code of an image. Instruction pointers are RVAs, so relative targets are RVAs too.</summary>
internal sealed class InstructionReader
{
    private const int LongestInstruction = 15;

    private readonly PeImage _image;
    private readonly Window _window = new();
    private readonly Decoder _decoder;

    public InstructionReader(PeImage image)
    {
        _image = image;
        _decoder = Decoder.Create(image.Is64Bit ? 64 : 32, _window);
    }

    /// <summary>The bytes that can be read from where the reader was put, at most 64; good until the first instruction is decoded.</summary>
    public ReadOnlySpan<byte> Bytes => _window.Bytes;

    /// <summary>Why fewer than 64 bytes could be read.</summary>
    public ReadFault Fault { get; private set; }

    /// <summary>Puts the reader at <paramref name="rva"/>.</summary>
    public void MoveTo(uint rva)
    {
        _window.Fill(_image, rva, out var fault);
        Fault = fault;
        _decoder.IP = rva;
    }

    /// <summary>Decodes the next instruction; fails at bytes that are none or cannot be read.</summary>
    public bool TryNext(out Instruction instruction)
    {
        if (_window.Left < LongestInstruction && _window.IsUsed)
        {
            MoveTo((uint)_decoder.IP);
        }

        _decoder.Decode(out instruction);
        return !instruction.IsInvalid;
    }

    /// <summary>The RVA that a memory operand names by itself: relative to the instruction, or absolute on x86.</summary>
    public bool TryGetMemoryRva(Instruction instruction, out uint rva)
    {
        if (instruction.IsIPRelativeMemoryOperand)
        {
            rva = (uint)instruction.IPRelativeMemoryAddress;
            return instruction.IPRelativeMemoryAddress < _image.SizeOfImage;
        }

        rva = 0;
        return instruction.MemoryBase == Register.None && instruction.MemoryIndex == Register.None
            && !_image.Is64Bit && _image.TryGetRva(instruction.MemoryDisplacement64, out rva);
    }

    private sealed class Window : CodeReader
    {
        private readonly byte[] _bytes = new byte[64];
        private int _length;
        private int _at;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public int Left => _length - _at;

        public bool IsUsed => _at > 0;

        public void Fill(PeImage image, uint rva, out ReadFault fault)
        {
            _length = image.Read(rva, _bytes, out fault);
            _at = 0;
        }

        public override int ReadByte() => _at < _length ? _bytes[_at++] : -1;
    }
}
