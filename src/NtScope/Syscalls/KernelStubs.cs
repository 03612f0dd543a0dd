using System.Buffers.Binary;
using Iced.Intel;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// The kernel's own <c>Zw</c> routines. Each loads a service's number before it goes to the dispatcher, and they stand at equal distances
/// in the order of their numbers, so the exported ones name services and all of them together count how many there are.
/// </summary>
internal sealed class KernelStubs
{
    private const int MaximumInstructions = 14;

    private readonly PeImage _image;
    private readonly InstructionReader _code;
    private readonly SortedDictionary<int, (string Name, uint Rva)> _exported = [];

    private KernelStubs(PeImage image)
    {
        _image = image;
        _code = new InstructionReader(image);
    }

    /// <summary>The services that exported routines name, by number; the names begin with <c>Nt</c>.</summary>
    public IReadOnlyDictionary<int, (string Name, uint Rva)> Exported => _exported;

    /// <summary>
    /// The services of which both routines are exported, by number: the number is what <c>ZwX</c> loads, the RVA is that of <c>NtX</c>. The table holds
    /// each of them at its number.
    /// </summary>
    public IEnumerable<(int Number, uint Routine)> ExportedPairs()
    {
        foreach (var (number, (name, _)) in _exported)
        {
            if (_image.Exports.TryGetRva(name, out var routine))
            {
                yield return (number, routine);
            }
        }
    }

    /// <summary>How many services the routines have from number 0 on; 0 if they do not stand at equal distances.</summary>
    public int RunCount { get; private set; }

    /// <summary>The RVA of the routine of service 0, if there is a run.</summary>
    public uint RunStart { get; private set; }

    /// <summary>The distance between two routines, in bytes, if there is a run.</summary>
    public uint RunStep { get; private set; }

    public static KernelStubs Read(PeImage image)
    {
        var stubs = new KernelStubs(image);
        stubs.ReadExports();
        stubs.FindRun();
        return stubs;
    }

    /// <summary>The bytes of arguments that a routine removes from the stack; null on x64 and ARM64, where the caller does that, or if it is not found.</summary>
    public int? StackBytesOf(int number)
    {
        var rva = RunCount > number ? RunStart + ((uint)number * RunStep) : _exported.GetValueOrDefault(number).Rva;
        if (_image.Architecture != ProcessorArchitecture.X86 || rva == 0 || !TryDecode(rva, out _, out _) || !_code.TryNext(out var end))
        {
            return null;
        }

        return end.Code switch { Code.Retnd_imm16 => end.Immediate16, Code.Retnd => 0, _ => null };
    }

    private void ReadExports()
    {
        // All of them end in one dispatcher. A Zw export that ends elsewhere is another function.
        var found = new List<(int Number, string Name, uint Rva, uint Dispatcher)>();
        var dispatchers = new Dictionary<uint, int>();
        foreach (var function in _image.Exports.Functions)
        {
            if (function.Forwarder is null && function.Name is { Length: > 2 } name && name.StartsWith("Zw", StringComparison.Ordinal)
                && TryDecode(function.Rva, out var number, out var dispatcher))
            {
                found.Add((number, string.Concat("Nt", name.AsSpan(2)), function.Rva, dispatcher));
                dispatchers[dispatcher] = dispatchers.GetValueOrDefault(dispatcher) + 1;
            }
        }

        if (dispatchers.Count > 0)
        {
            var common = dispatchers.MaxBy(pair => pair.Value).Key;
            foreach (var (number, name, rva, dispatcher) in found)
            {
                if (dispatcher == common)
                {
                    _exported.TryAdd(number, (name, rva));
                }
            }
        }
    }

    private void FindRun()
    {
        if (_exported.Count < 2)
        {
            return;
        }

        var (firstNumber, (_, firstRva)) = _exported.First();
        var (lastNumber, (_, lastRva)) = _exported.Last();
        var span = lastRva - firstRva;
        if (lastRva <= firstRva || span % (lastNumber - firstNumber) != 0)
        {
            return;
        }

        var step = (uint)(span / (lastNumber - firstNumber));
        var start = firstRva - ((uint)firstNumber * step);
        if (firstRva < (uint)firstNumber * step || !_exported.All(pair => pair.Value.Rva == start + ((uint)pair.Key * step)))
        {
            return;
        }

        var count = 0;
        while (count < Limits.ServicesPerTable && TryDecode(start + ((uint)count * step), out var number, out _) && number == count)
        {
            count++;
        }

        if (count > lastNumber)
        {
            (RunCount, RunStart, RunStep) = (count, start, step);
        }
    }

    private bool TryDecode(uint rva, out int number, out uint dispatcher)
    {
        _code.MoveTo(rva);
        return _image.Architecture == ProcessorArchitecture.Arm64
            ? TryDecodeArm64(rva, _code.Bytes, out number, out dispatcher)
            : TryDecodeX86(out number, out dispatcher);
    }

    private bool TryDecodeX86(out int number, out uint dispatcher)
    {
        (number, dispatcher) = (-1, 0);
        for (var i = 0; i < MaximumInstructions && _code.TryNext(out var instruction); i++)
        {
            if (instruction.Code == Code.Mov_r32_imm32 && instruction.Op0Register == Register.EAX)
            {
                number = (int)instruction.Immediate32;
            }
            else if (instruction.FlowControl is FlowControl.UnconditionalBranch or FlowControl.Call)
            {
                dispatcher = (uint)instruction.NearBranchTarget;
                return number is >= 0 and < Limits.ServicesPerTable && instruction.NearBranchTarget < _image.SizeOfImage;
            }
            else if (instruction.FlowControl == FlowControl.Interrupt && instruction.Code == Code.Int_imm8 && instruction.Immediate8 == 0x2E)
            {
                return number is >= 0 and < Limits.ServicesPerTable;
            }
            else if (instruction.FlowControl != FlowControl.Next)
            {
                return false;
            }
        }

        return false;
    }

    private bool TryDecodeArm64(uint rva, ReadOnlySpan<byte> bytes, out int number, out uint dispatcher)
    {
        (number, dispatcher) = (-1, 0);
        for (var at = 0; at + sizeof(uint) <= Math.Min(bytes.Length, MaximumInstructions * sizeof(uint)); at += sizeof(uint))
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if ((word & 0x7FE00000) == 0x52800000)
            {
                number = (int)((word >> 5) & 0xFFFF);
            }
            else if ((word & 0xFC000000) == 0x14000000)
            {
                dispatcher = unchecked((uint)(rva + at + ((int)(word << 6) >> 4)));
                return number is >= 0 and < Limits.ServicesPerTable && dispatcher < _image.SizeOfImage;
            }
        }

        return false;
    }
}
